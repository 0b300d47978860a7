"""Deletion and insertion: take away what a method calls important, and see whether the answer falls.

After Petsiuk, Das and Saenko 2018 (arXiv 1806.07421), against the mean of random orders.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqviz.instruments.attribution import from_embedded
from seqviz.networks.answers import class_shares
from seqviz.networks.network import SequenceNetwork
from seqviz.networks.scoring import eval_mode

By = Literal["pixels", "rows"]
First = Literal["most", "least"]
POINTS, RANDOM_ORDERS = 28, 20


@dataclass(frozen=True)
class RemovalCurve:
    """The probability of a class while more and more is removed (or put back): `fractions` from 0 to 1.

    `area` is under the curve, in [0, 1]; `random` and `random_area` are the mean over random orders.
    """

    fractions: Float[Tensor, " points"]
    probability: Float[Tensor, " points"]
    random: Float[Tensor, " points"]

    @property
    def area(self) -> float:
        return float(torch.trapezoid(self.probability, self.fractions))

    @property
    def random_area(self) -> float:
        return float(torch.trapezoid(self.random, self.fractions))


def removal_order(scores: Float[Tensor, "time input"], by: By, first: First = "most") -> Int[Tensor, " things"]:
    """Pixels (numbered row by row) or rows, in the order in which they go; among equals the earlier first.

    The most important is what speaks most for the answer, the least important what speaks neither for nor against it.
    """
    things = scores.sum(dim=1) if by == "rows" else scores.flatten()
    return things.argsort(descending=True, stable=True) if first == "most" else things.abs().argsort(stable=True)


def with_removed(
    x: Float[Tensor, "time input"],
    fill: Float[Tensor, "time input"],
    order: Int[Tensor, " things"],
    count: int,
    by: By = "pixels",
    *,
    insert: bool = False,
) -> Float[Tensor, "time input"]:
    """The image with the first `count` of `order` replaced by `fill`; or `fill` with these put back."""
    chosen = torch.zeros(len(order), dtype=torch.bool)
    chosen[order[:count]] = True
    mask = chosen[:, None].expand_as(x) if by == "rows" else chosen.view_as(x)
    return torch.where(mask, x, fill) if insert else torch.where(mask, fill, x)


def removal_curves(
    model: SequenceNetwork,
    x: Float[Tensor, "time input"],
    scores: Sequence[Float[Tensor, "time input"]],
    label: int,
    fill: Float[Tensor, "time input"],
    *,
    by: By = "pixels",
    first: First = "most",
    insert: bool = False,
    seed: int = 0,
) -> list[RemovalCurve]:
    """The probability of `label` after each share of the pixels or rows, in the order of each of the `scores`.

    `x` and what fills its holes are what the recurrent layers read: of a text the words' vectors. All have the same
    random orders beside them, which are computed once.
    """
    orders = [removal_order(one, by, first) for one in scores]
    generator = torch.Generator().manual_seed(seed)
    orders += [torch.randperm(len(orders[0]), generator=generator) for _ in range(RANDOM_ORDERS)]
    counts = torch.linspace(0, len(orders[0]), POINTS + 1).round().long()
    images = [with_removed(x, fill, order, count, by, insert=insert) for order in orders for count in counts.tolist()]
    with eval_mode(model), torch.no_grad():
        logits = from_embedded(model)(torch.stack(images).to(model.head.weight)).cpu()
    probability = class_shares(logits)[:, label].view(len(orders), -1)  # (orders, points)
    random = probability[len(scores) :].mean(dim=0)
    return [RemovalCurve(counts / len(orders[0]), curve, random) for curve in probability[: len(scores)]]
