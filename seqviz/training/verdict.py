"""Whether a difference could be chance."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from jaxtyping import Bool
from scipy import stats
from torch import Tensor


@dataclass(frozen=True)
class Difference:
    """`mean` of one minus the other, `margin` half of its 95 % interval; `p` the chance of as much if there is none."""

    mean: float
    margin: float
    p: float

    @property
    def clear(self) -> bool:
        return self.p < 0.05


def on_the_same_examples(one: Bool[Tensor, " n"], other: Bool[Tensor, " n"]) -> Difference:
    """Two accuracies on the same test examples: only those that one gets right and the other does not count.

    The p-value is that of the exact sign test on them (McNemar 1947).
    """
    gained, lost = int((one & ~other).sum()), int((other & ~one).sum())
    count = len(one)
    mean = (gained - lost) / count
    spread = math.sqrt(max(0.0, (gained + lost) / count - mean**2) / count)
    p = stats.binomtest(gained, gained + lost).pvalue if gained + lost else 1.0
    return Difference(mean, 1.96 * spread, float(p))


def over_seeds(one: Sequence[float], other: Sequence[float]) -> Difference | None:
    """Paired t-test of two networks' accuracies, run from the same seeds; None for fewer than two seeds."""
    if len(one) < 2:
        return None
    differences = [a - b for a, b in zip(one, other, strict=True)]
    mean = sum(differences) / len(differences)
    if len(set(differences)) == 1:
        return Difference(mean, 0.0, 1.0 if mean == 0 else 0.0)
    test = stats.ttest_rel(one, other)
    low, high = test.confidence_interval(0.95)
    return Difference(mean, float(high - low) / 2, float(test.pvalue))
