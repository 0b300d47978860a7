"""What an attribution is asked: which network, which digit, why this class, compared with what."""

from dataclasses import dataclass

from torch import Tensor

from seqviz.instruments.attribution import Target
from seqviz.instruments.baselines import BaselineKind, baseline_image
from seqviz.ui import caches
from seqviz.ui.choices import Digit

MEANT = 500  # digits in the mean


@dataclass(frozen=True)
class Question:
    """What is attributed to what: a network, a digit, a target and a baseline."""

    network: caches.Network
    digit: Digit
    target: Target
    baseline: BaselineKind
    other: int

    @property
    def about(self) -> tuple[object, ...]:
        """What tells it from every other question."""
        return self.network.name, self.network.version, self.digit.key, self.target, self.baseline, self.other

    @property
    def base(self) -> Tensor:
        digits = caches.dataset(self.digit.data).test.inputs[:MEANT]
        return baseline_image(self.baseline, self.digit.image, digits, self.other)

    @property
    def label(self) -> int:
        """The class that is asked about."""
        return self.target if isinstance(self.target, int) else self.target[0]

    @property
    def score(self) -> str:
        """What is attributed."""
        if isinstance(self.target, int):
            return f"the score (logit) of {self.target}"
        return f"the score of {self.target[0]} minus the score of {self.target[1]}"

    @property
    def words(self) -> str:
        """The target, as in "why 3 and not 8"."""
        return f"{self.target}" if isinstance(self.target, int) else f"{self.target[0]} and not {self.target[1]}"
