"""How good yes-or-no answers are, at one threshold and at all, and whether their probabilities can be believed."""

from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor

from seqviz.errors import InputError

BINS = 10


@dataclass(frozen=True)
class AtThreshold:
    """Answers where "yes" is said from a threshold on: counts, and what follows from them.

    `precision` is the share of right ones among the answers "yes" (NaN where there are none), `recall` the share of
    what is "yes" that was found.
    """

    found: int
    false_alarms: int
    missed: int
    rejected: int

    @property
    def precision(self) -> float:
        return _share(self.found, self.found + self.false_alarms)

    @property
    def recall(self) -> float:
        return _share(self.found, self.found + self.missed)

    @property
    def accuracy(self) -> float:
        return _share(self.found + self.rejected, self.found + self.false_alarms + self.missed + self.rejected)


@dataclass(frozen=True)
class Judgement:
    """The probability of "yes" for each example, and whether it is one (1) or not (0)."""

    shares: Float[Tensor, " n"]
    labels: Int[Tensor, " n"]

    def __post_init__(self) -> None:
        if not self.shares.isfinite().all() or self.labels.unique().tolist() != [0, 1]:
            raise InputError("To be judged, answers must be finite numbers, and some must be yes and some no.")

    def at(self, threshold: float) -> AtThreshold:
        """Answers with "yes" from this probability on."""
        said, true = self.shares >= threshold, self.labels == 1
        counts = [said & true, said & ~true, ~said & true, ~said & ~true]
        return AtThreshold(*(int(count.sum()) for count in counts))

    def roc(self) -> tuple[list[float], list[float], float]:
        """The share of false alarms and that of what is found, as the threshold falls; the area under the curve."""
        from sklearn.metrics import roc_auc_score, roc_curve

        false_alarms, found, _ = roc_curve(self.labels.numpy(), self.shares.numpy())
        return false_alarms.tolist(), found.tolist(), float(roc_auc_score(self.labels.numpy(), self.shares.numpy()))

    def calibration(self, bins: int = BINS) -> list[tuple[float, float, int]]:
        """For each bin of probabilities that holds any: their mean, the share of "yes", and how many there are."""
        place = (self.shares * bins).long().clamp(max=bins - 1)
        found = []
        for number in range(bins):
            inside = place == number
            if inside.any():
                yes = float(self.labels[inside].double().mean())
                found.append((float(self.shares[inside].double().mean()), yes, int(inside.sum())))
        return found

    def calibration_error(self, bins: int = BINS) -> float:
        """Mean distance of probability and share over the bins, by their size (Guo et al. 2017, arXiv 1706.04599)."""
        return sum(count * abs(mean - yes) for mean, yes, count in self.calibration(bins)) / len(self.shares)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
