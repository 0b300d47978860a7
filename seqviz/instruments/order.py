"""In which order the units of a layer are drawn."""

from typing import Literal, get_args

import torch
from jaxtyping import Float, Int
from torch import Tensor

UnitOrder = Literal["index", "peak", "similarity"]
UNIT_ORDERS: tuple[UnitOrder, ...] = get_args(UnitOrder)


def unit_order(hidden: Float[Tensor, "time hidden"], by: UnitOrder) -> Int[Tensor, " hidden"]:
    """A permutation of the units: by index, by the step of their largest |value|, or neighbours alike.

    "similarity" is the leaf order of average-linkage clustering on the correlation distance between units' courses.
    Values that are not finite count as 0.

    >>> unit_order(torch.tensor([[0.0, 1.0], [2.0, 0.0]]), "peak")
    tensor([1, 0])
    """
    hidden = hidden.nan_to_num(0.0, 0.0, 0.0)
    if by == "index":
        return torch.arange(hidden.shape[1])
    if by == "peak":
        return hidden.abs().argmax(dim=0).argsort(stable=True)
    return _leaves(hidden)


def _leaves(hidden: Tensor) -> Int[Tensor, " hidden"]:
    from scipy.cluster.hierarchy import leaves_list, linkage

    if hidden.shape[1] < 3:
        return torch.arange(hidden.shape[1])
    courses = hidden.T - hidden.T.mean(dim=1, keepdim=True)  # (hidden, time)
    courses = torch.nn.functional.normalize(courses, dim=1)  # distances between these grow as correlation falls
    return torch.from_numpy(leaves_list(linkage(courses.numpy(), method="average"))).long()
