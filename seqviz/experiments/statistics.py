"""Whether a difference could be chance."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool
from scipy import stats
from torch import Tensor


@dataclass(frozen=True)
class Difference:
    """One minus the other: `mean`, its 95 % interval from `low` to `high`, and `p`, the chance of as much by chance."""

    mean: float
    low: float
    high: float
    p: float

    @property
    def clear(self) -> bool:
        return self.p < 0.05


def sign_test(one: Bool[Tensor, " n"], other: Bool[Tensor, " n"]) -> Difference:
    """Two accuracies on the same test examples: only those that one gets right and the other does not count.

    The exact sign test on them (McNemar 1947), and the interval that belongs to it (Clopper and Pearson 1934). The
    chance is that over test examples: another seed may decide otherwise.
    """
    gained, lost = int((one & ~other).sum()), int((other & ~one).sum())
    decided = (gained + lost) / len(one)
    if not decided:
        return Difference(0.0, 0.0, 0.0, 1.0)
    test = stats.binomtest(gained, gained + lost)
    share = test.proportion_ci(0.95, method="exact")
    mean = (gained - lost) / len(one)
    low, high = ((2 * float(end) - 1) * decided for end in (share.low, share.high))
    return Difference(mean, low, high, float(test.pvalue))


def paired_t_test(one: Sequence[float], other: Sequence[float]) -> Difference | None:
    """Paired t-test of two networks' accuracies from the same seeds, those that diverged (NaN) left out.

    None where fewer than three seeds are left or all differences are equal, so that nothing tells how they vary.
    """
    pairs = [(a, b) for a, b in zip(one, other, strict=True) if not (math.isnan(a) or math.isnan(b))]
    differences = [a - b for a, b in pairs]
    if len(pairs) < 3 or max(differences) - min(differences) < 1e-9:
        return None
    test = stats.ttest_rel([a for a, _ in pairs], [b for _, b in pairs])
    low, high = test.confidence_interval(0.95)
    return Difference(sum(differences) / len(differences), float(low), float(high), float(test.pvalue))


def diebold_mariano(one: Sequence[float], other: Sequence[float], lags: int = 0) -> Difference | None:
    """Whether two forecasts' losses at the same origins differ by more than chance (Diebold and Mariano 1995).

    The mean difference over its standard error, in which differences up to `lags` origins apart may depend on each
    other, with weights that fall evenly so that the variance is never negative (Newey and West 1987), and with the
    correction for few origins of Harvey, Leybourne and Newbold (1997); against Student's t, n − 1 degrees of freedom.
    None where fewer than ten origins are there, or the losses do not differ. With no lags it is the paired t-test.
    """
    differences = np.asarray(one, dtype=np.float64) - np.asarray(other, dtype=np.float64)
    count = len(differences)
    if count < 10 or not np.isfinite(differences).all() or float(np.ptp(differences)) < 1e-12:
        return None
    mean = float(differences.mean())
    centred, lags = differences - mean, min(lags, count - 2)
    variance = float(centred @ centred) / count
    for lag in range(1, lags + 1):
        variance += 2 * (1 - lag / (lags + 1)) * float(centred[lag:] @ centred[:-lag]) / count
    steps = lags + 1
    correction = (count + 1 - 2 * steps + steps * (steps - 1) / count) / count
    if variance <= 0 or correction <= 0:
        return None
    error = math.sqrt(variance / count / correction)
    half = float(stats.t.ppf(0.975, count - 1)) * error
    p = 2 * float(stats.t.sf(abs(mean) / error, count - 1))
    return Difference(mean, mean - half, mean + half, p)
