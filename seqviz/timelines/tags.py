"""A text whose characters are tagged one after another."""

from collections.abc import Sequence

from seqviz.data.tags import TAGS
from seqviz.data.vocabulary import named
from seqviz.instruments.tagging import TagReading
from seqviz.palette import CELL_COLOURS
from seqviz.player.timeline import Bars, Characters, Text, Timeline
from seqviz.specs import Cell

RATE = 9.0  # characters a second


def tags_timeline(reading: TagReading, cell: Cell, title: str = "", right: Sequence[int] | None = None) -> Timeline:
    """The text, coloured by how unsure the network is, its wrong characters marked; and every tag's probability."""
    wrong = [] if right is None else [step for step, tag in enumerate(reading.answers.tolist()) if tag != right[step]]
    panels = (
        Text("Character", [_sentence(reading, step, right) for step in range(len(reading.text))]),
        Characters(
            "Strong colours were unsure, underlined ones are wrong" if wrong else "Strong colours were unsure",
            list(reading.text),
            (1 - reading.shares).numpy(),
            unit="unsure",
            written=False,
            brief=True,
            stretches=tuple(_stretches(wrong)),
        ),
        Bars("Its tag", reading.probabilities.numpy(), TAGS, CELL_COLOURS[cell]),
    )
    return Timeline(len(reading.text), panels, (title,), step_name="character", rate=RATE)


def _stretches(steps: Sequence[int]) -> list[tuple[int, int]]:
    """Neighbours together, each as its first and the one behind its last.

    >>> _stretches([1, 2, 5])
    [(1, 3), (5, 6)]
    """
    found: list[tuple[int, int]] = []
    for step in steps:
        if found and found[-1][1] == step:
            found[-1] = (found[-1][0], step + 1)
        else:
            found.append((step, step + 1))
    return found


def _sentence(reading: TagReading, step: int, right: Sequence[int] | None) -> str:
    answer, share = int(reading.answers[step]), float(reading.shares[step])
    said = f"Character {step + 1} “{named(reading.text[step])}”: {TAGS[answer]} with {share:.1%}"
    if right is None:
        return f"{said}."
    return f"{said}, which is right." if right[step] == answer else f"{said}; it is a {TAGS[right[step]]}."
