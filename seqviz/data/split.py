"""Labelled sequences: what every dataset is made of."""

from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True)
class Split:
    """Sequences of rows with values in [0, 1], and their classes."""

    sequences: Float[Tensor, "n time features"]
    labels: Int[Tensor, " n"]

    def __len__(self) -> int:
        return len(self.labels)
