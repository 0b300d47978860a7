"""What several timelines of a network's answers share: the sentence after each row, the mark, and limits of colours."""

import math

from jaxtyping import Float
from torch import Tensor

from seqviz.instruments.trace import Trace, settled_step
from seqviz.player.timeline import Mark

NO_ANSWER = "its numbers are too large for float32, so it has no answer"


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
    return (Mark(settled, f"From row {settled + 1} the answer no longer changes"),)


def largest(values: Tensor, at_least: float, quantile: float = 1.0) -> float:
    """The largest |value|, or a quantile of them, of those that are finite: where colours are full."""
    finite = values[values.isfinite()].abs()
    return max(at_least, float(finite.quantile(quantile))) if len(finite) else at_least
