"""A task with a known truth: a digit to name at a place that changes, among blank rows, noise, and a digit to ignore.

Four segments of 14 rows follow each other in a random order, but the digit that counts comes before the one that does
not: what must be named is the first. Methods of attribution can be graded on it: only its rows are evidence.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F

from seqviz.data.batch import Batch
from seqviz.data.datasets import SequenceData, load_dataset

SIDE, SEGMENTS = 14, 4  # rows and pixels of a segment, and segments in a sequence
NOISE = 0.5  # most that noise reaches


@dataclass(frozen=True)
class Planted:
    """Sequences `(n, 56, 14)`, and where the evidence lies: the rows of the first digit that hold ink."""

    data: SequenceData
    evidence: Bool[Tensor, "n time"]
    """Of the test split."""


def planted_digits(train: int = 20_000, test: int = 1_000, seed: int = 0) -> Planted:
    """The embedded digits at half their size, planted; test digits are never trained on.

    >>> planted = planted_digits(10, 5)
    >>> planted.data.test.inputs.shape, bool((planted.evidence.sum(dim=1) <= 14).all())
    (torch.Size([5, 56, 14]), True)
    """
    digits = load_dataset("digits")
    learned, _ = _planted(digits.train, train, torch.Generator().manual_seed(2 * seed))
    scored, evidence = _planted(digits.test, test, torch.Generator().manual_seed(2 * seed + 1))
    return Planted(SequenceData("planted", learned, scored), evidence)


def _planted(digits: Batch, count: int, generator: torch.Generator) -> tuple[Batch, Bool[Tensor, "n time"]]:
    small = F.avg_pool2d(digits.inputs[:, None], 2)[:, 0]  # (n, 14, 14)
    small = (small / small.amax(dim=(1, 2), keepdim=True)).clamp(0, 1)
    first, second = (torch.randint(0, len(digits), (count,), generator=generator) for _ in range(2))
    noise = NOISE * torch.rand(count, SIDE, SIDE, generator=generator)
    parts = torch.stack([small[first], small[second], noise, torch.zeros(count, SIDE, SIDE)], dim=1)
    places = torch.rand(count, SEGMENTS, generator=generator).argsort(dim=1)  # of each part
    swapped = places[:, 0] > places[:, 1]
    places[swapped] = places[swapped][:, [1, 0, 2, 3]]  # the digit that counts comes first
    ordered = torch.empty_like(parts).scatter_(1, places[:, :, None, None].expand_as(parts), parts)
    rows = torch.arange(SEGMENTS * SIDE) // SIDE == places[:, :1]  # (n, 56): the segment that counts
    sequences: Float[Tensor, "n time features"] = ordered.flatten(1, 2)
    return Batch(sequences, digits.targets[first]), rows & (sequences.amax(dim=2) > 0)
