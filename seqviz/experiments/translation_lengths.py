"""How often a network is right, by the length of what it writes."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from seqviz.data.datasets import Dataset
from seqviz.networks.encoder_decoder import EncoderDecoder
from seqviz.networks.objectives import OBJECTIVES, up_to_end
from seqviz.networks.scoring import predict


@dataclass(frozen=True)
class Exactness:
    """The exact answers among so many held-out sequences of one length, their end not counted."""

    length: int
    exact: int
    count: int

    @property
    def share(self) -> float:
        return self.exact / self.count


def exact_by_length(model: EncoderDecoder, data: Dataset) -> Sequence[Exactness]:
    """Of every length of the right answer, how many held-out sequences are answered exactly, shortest first.

    Raises:
        InputError: the network cannot read this data.
    """
    objective = OBJECTIVES[data.objective]
    counts: dict[int, list[int]] = {}
    for batch in data.for_network(model.spec).test_batches(model.head.weight.device):
        outputs, _ = predict(model, batch)
        right = objective.right(outputs, batch).tolist()
        lengths = (up_to_end(batch.targets).sum(dim=1) - 1).tolist()
        for length, one in zip(lengths, right, strict=True):
            counts.setdefault(length, [0, 0])
            counts[length][0] += int(one)
            counts[length][1] += 1
    return [Exactness(length, *counts[length]) for length in sorted(counts)]


def overall(found: Sequence[Exactness]) -> float:
    """The share of exact answers of all lengths."""
    exact = torch.tensor([one.exact for one in found]).sum()
    return float(exact / max(1, sum(one.count for one in found)))
