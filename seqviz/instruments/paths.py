"""The path of the hidden state in the two directions in which it varies most."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seqviz.errors import InputError


@dataclass(frozen=True)
class StatePaths:
    """The plane of the first two principal components of many hidden states.

    `components` has orthonormal rows; `explained` is the share of the variance along each, in [0, 1].
    """

    mean: Float[Tensor, " hidden"]
    components: Float[Tensor, "2 hidden"]
    explained: Float[Tensor, " 2"]

    def project(self, hidden: Float[Tensor, "*batch hidden"]) -> Float[Tensor, "*batch 2"]:
        return (hidden - self.mean) @ self.components.T


def state_paths(
    hidden: Float[Tensor, "batch time hidden"], mask: Bool[Tensor, "batch time"] | None = None
) -> StatePaths:
    """Fit the plane to the hidden states of all steps of all sequences (PCA, Pearson 1901), padding left out.

    Raises:
        InputError: there are too few units or states, or some are not finite.
    """
    states = hidden.flatten(end_dim=1) if mask is None else hidden[mask.cpu()]  # (steps, hidden)
    if min(states.shape) < 2:
        raise InputError(
            f"{tuple(hidden.shape)} hidden states span no plane; at least 2 units and 2 states are needed."
        )
    if not states.isfinite().all():
        raise InputError("Some hidden states are not finite numbers, so there is no plane to draw their paths in.")
    mean = states.double().mean(dim=0)
    _, spread, rows = torch.linalg.svd(states.double() - mean, full_matrices=False)
    largest = rows.gather(1, rows.abs().argmax(dim=1, keepdim=True))
    components = (rows * largest.sign())[:2]  # the sign is free: each one's largest number is positive
    explained = spread.square() / spread.square().sum()
    return StatePaths(mean.to(hidden), components.to(hidden), explained[:2].to(hidden))
