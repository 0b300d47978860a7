"""How a character model is asked to write."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Setting:
    """How a text is written; `forced` are the characters put in by hand, by step."""

    prompt: str
    length: int
    temperature: float
    top_k: int | None
    top_p: float | None
    seed: int
    forced: tuple[tuple[int, str], ...] = ()
