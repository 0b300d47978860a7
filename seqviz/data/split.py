"""Labelled sequences: what every dataset is made of."""

from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True)
class Split:
    """Sequences of rows, and their labels: classes, or real numbers to be predicted."""

    sequences: Float[Tensor, "n time features"]
    labels: Int[Tensor, " n"] | Float[Tensor, " n"]

    def __len__(self) -> int:
        return len(self.labels)
