"""What each row adds to the logits, on the player's clock: the digit, the contributions and the answer so far."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from seqviz.instruments.contributions import LogitContributions
from seqviz.instruments.trace import Trace
from seqviz.palette import CELL_COLOURS
from seqviz.player.timeline import Bars, Heatmap, Panel, Picture, Text, Timeline
from seqviz.specs import ModelSpec
from seqviz.timelines.answers import NO_ANSWER, largest


def contributions_timeline(
    spec: ModelSpec,
    image: Float[Tensor, "time input"],
    seen: Trace,
    contributions: LogitContributions,
    title: str,
    alongside: Sequence[LogitContributions] = (),
) -> Timeline:
    """One network: exact contributions (on screen: votes), or gradient × input where its head is no sum over rows.

    `alongside` are those of other networks; where they measure the same, colours mean the same numbers.
    """
    classes = list(range(spec.head.outputs))
    alike = [one for one in alongside if one.exact == contributions.exact]
    limit = max(largest(one.values, 1e-6) for one in (contributions, *alike))
    probabilities = seen.probabilities[0]
    what = "Vote of each row for each class" if contributions.exact else "Gradient × input of each row for each class"
    panels: list[Panel] = [
        Text("Votes", [_sentence(step, probabilities[step], contributions) for step in range(len(image))]),
        Picture("The digit, read so far", image.numpy()),
        Bars(
            "Answer, if it stopped here",
            probabilities.numpy(),
            [str(label) for label in classes],
            CELL_COLOURS[spec.encoder.cell],
        ),
        Heatmap(what, contributions.values.numpy(), classes, row_name="class", symbol="vote", limit=limit),
    ]
    if seen.attention is not None:
        share = seen.attention[0]
        relative = (share / share.max())[:, None]
        band, gap = relative.expand(-1, 6), torch.zeros(len(image), 2)
        lit = torch.cat([image * relative, gap, band], dim=1)
        panels.append(Picture(f"Lit by attention (strongest row: {float(share.max()):.0%})", lit.numpy()))
    return Timeline(len(image), tuple(panels), (title,))


def _sentence(step: int, probabilities: Float[Tensor, " classes"], contributions: LogitContributions) -> str:
    """The answer so far, and the class that this row speaks for most."""
    share, answer = probabilities.max(dim=-1)
    if not share.isfinite():
        return f"After row {step + 1}: {NO_ANSWER}."
    value, favourite = (float(number) for number in contributions.values[step].max(dim=-1))
    what = "this row votes" if contributions.exact else "gradient × input speaks"
    said = f"{what} for {favourite:.0f} ({value:+.2f})" if value > 0 else f"{what} for no class"
    if not contributions.exact and not contributions.values[step].any():
        said = "no ink, so nothing here"
    return f"After row {step + 1}: {int(answer)}, with {float(share):.0%}; {said}."
