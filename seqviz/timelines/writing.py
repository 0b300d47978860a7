"""Texts on the player's clock: one that is being written, one that a unit paints, and one that learns to be written."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from seqviz.instruments.sampling import SampleStep
from seqviz.player.timeline import Candidates, Characters, Panel, Text, Timeline

RATE = 22.0  # characters a second
LIKELIEST = 8  # characters shown at every step
SURPRISE = 8.0  # bits at which the colour is full


def writing_timeline(
    steps: Sequence[SampleStep], prompt: str, colour: str, title: str = "", *, candidates: bool = True
) -> Timeline:
    """A text as it was sampled, each character coloured by its surprise; beside it the likeliest ones of each step.

    Without these it is a column among others, and its sentences are short.
    """
    assert steps
    panels: list[Panel] = [
        Text("Choice", [_sentence(step) if candidates else _briefly(step) for step in steps]),
        Characters(
            "Pale characters were expected, strong ones surprising" if candidates else "Surprise",
            [step.character for step in steps],
            [min(step.surprise, SURPRISE) for step in steps],
            prompt=prompt,
            limit=SURPRISE,
            stretches=tuple((step.step, step.step + 1) for step in steps if step.forced),
        ),
    ]
    if candidates:
        panels.append(_candidates(steps, colour))
    return Timeline(len(steps), tuple(panels), (title,), step_name="character", rate=RATE)


def painted_timeline(
    text: str,
    activation: Float[Tensor, " time"],
    title: str,
    *,
    stretches: Sequence[tuple[int, int]] = (),
    sentences: Sequence[str] = (),
    markable: bool = True,
) -> Timeline:
    """A text painted by one signed number a character; a stretch of it can be marked."""
    limit = max(1e-6, float(activation.abs().max()))
    characters = Characters(
        title,
        list(text),
        activation.numpy(),
        scale="signed",
        limit=limit,
        unit="",
        written=False,
        stretches=tuple(stretches),
        markable=markable,
    )
    panels: tuple[Panel, ...] = (Text("Character", list(sentences)), characters) if sentences else (characters,)
    return Timeline(len(text), panels, step_name="character", rate=RATE)


def texts_timeline(texts: Sequence[str], sentences: Sequence[str]) -> Timeline:
    """One text a snapshot of a training run, from the first to the last."""
    panels = (Text("Snapshot", list(sentences)), Text("Sample", list(texts), verbatim=True))
    return Timeline(len(texts), panels, step_name="snapshot", rate=0.8)


def _sentence(step: SampleStep) -> str:
    drawn = "put in by hand" if step.forced else f"drawn with {step.after:.1%}"
    return (
        f"Character {step.step + 1}: the network gave it {step.before:.1%} (rank {step.rank}, surprise "
        f"{step.surprise:.1f} bits), it was {drawn}; entropy {step.entropy:.1f} bits."
    )


def _briefly(step: SampleStep) -> str:
    return f"{step.before:.1%} · rank {step.rank} · {step.surprise:.1f} bits"


def _candidates(steps: Sequence[SampleStep], colour: str) -> Candidates:
    before, tokens = torch.stack([step.plain for step in steps]).topk(min(LIKELIEST, len(steps[0].vocabulary)))
    after = torch.stack([step.distribution for step in steps]).gather(1, tokens)
    cut = [step.kept for step in steps if step.kept is not None]
    kept = torch.stack(cut).gather(1, tokens).float() if cut else torch.ones_like(after)
    likeliest = tokens.tolist()
    return Candidates(
        "The likeliest characters. Outline: the network; bar: after T and cuts",
        [[steps[0].vocabulary[token] for token in row] for row in likeliest],
        before.float(),
        after.float(),
        kept.float(),
        [row.index(step.token) if step.token in row else -1 for step, row in zip(steps, likeliest, strict=True)],
        colour,
    )
