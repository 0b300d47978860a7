"""The answer after each row as a timeline, and what other timelines of it share: sentence, mark, limits of colours."""

import math

from jaxtyping import Float
from torch import Tensor

from seqviz.instruments.trace import Trace, settled_step
from seqviz.palette import CELL_COLOURS
from seqviz.player.timeline import Bars, Mark, Picture, Text, Timeline
from seqviz.specs import ModelSpec

NO_ANSWER = "its numbers are too large for float32, so it has no answer"


def answers_timeline(spec: ModelSpec, image: Float[Tensor, "time input"], seen: Trace, title: str = "") -> Timeline:
    """The digit and the answer so far, and nothing else: small enough to stand beside a chart."""
    probabilities = seen.probabilities[0]
    labels = [str(label) for label in range(spec.head.outputs)]
    panels = (
        Text("Answer", [f"{answer_after(step, shares)}." for step, shares in enumerate(probabilities)]),
        Picture("The digit, read so far", image.numpy()),
        Bars("Answer, if it stopped here", probabilities.numpy(), labels, CELL_COLOURS[spec.encoder.cell]),
    )
    return Timeline(len(image), panels, (title,), settled_marks(seen))


def answer_after(step: int, probabilities: Float[Tensor, " classes"]) -> str:
    """The answer after one row, in words."""
    share, answer = probabilities.max(dim=-1)
    if not math.isfinite(share):
        return f"After row {step + 1}: {NO_ANSWER}"
    return f"After row {step + 1}: it would answer {int(answer)}, with {float(share):.0%}"


def settled_marks(trace: Trace) -> tuple[Mark, ...]:
    """A mark at the row from which the answer of the first sequence stays; none where it has no answer in the end."""
    probabilities = trace.probabilities
    if not probabilities[0, -1].isfinite().all():
        return ()
    settled = int(settled_step(probabilities)[0])
    return (Mark(settled, f"the answer is final from row {settled + 1}"),)


def largest(values: Tensor, at_least: float, quantile: float = 1.0) -> float:
    """The largest |value|, or a quantile of them, of those that are finite: where colours are full."""
    finite = values[values.isfinite()].abs()
    return max(at_least, float(finite.quantile(quantile))) if len(finite) else at_least
