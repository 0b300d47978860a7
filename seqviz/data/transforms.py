"""Other ways of reading the same digit. Each transform maps `(n, time, features)` to `(n, time', features')`."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqviz.errors import InputError

DenseSequences = Float[Tensor, "n time features"]


Transform = Callable[[Tensor], Tensor]
"""A way of reading a digit."""


@dataclass(frozen=True)
class BottomUp:
    """The last row first."""

    def __call__(self, sequences: DenseSequences) -> Float[Tensor, "n time features"]:
        return sequences.flip(dims=(1,))


@dataclass(frozen=True)
class Columns:
    """Columns, from the left, instead of rows."""

    def __call__(self, sequences: DenseSequences) -> Float[Tensor, "n features time"]:
        return sequences.transpose(1, 2).contiguous()


@dataclass(frozen=True)
class BlankRows:
    """`count` blank rows at the end: a delay between seeing and answering."""

    count: int

    def __post_init__(self) -> None:
        if self.count < 0:
            raise InputError(f"The number of blank rows is {self.count}; it must be 0 or more.")

    def __call__(self, sequences: DenseSequences) -> Float[Tensor, "n longer features"]:
        n, _, features = sequences.shape
        return torch.cat([sequences, sequences.new_zeros(n, self.count, features)], dim=1)


@dataclass(frozen=True)
class PermutedRows:
    """The same rows in one fixed, random order, drawn from `seed`."""

    seed: int = 0

    def order(self, time: int) -> Int[Tensor, " time"]:
        """The row that is read at each step."""
        return torch.randperm(time, generator=torch.Generator().manual_seed(self.seed))

    def __call__(self, sequences: DenseSequences) -> Float[Tensor, "n time features"]:
        return sequences[:, self.order(sequences.shape[1])]
