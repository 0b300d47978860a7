"""What padding costs: the same texts in batches by chance and by length, padded and packed, timed one after another."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

import torch
from torch.nn import functional as F

from seqviz.data.batch import Batch, shuffled
from seqviz.networks.network import SequenceNetwork

ROUNDS = 3


@dataclass(frozen=True)
class PaddingCost:
    """One way to put texts side by side: `seconds` for all of them, forward and backward, median of `ROUNDS`.

    `steps` is how many the recurrent layers compute, of which the share `wasted` is padding. The memory that the
    backward pass needs grows with the steps.
    """

    packed: bool
    by_length: bool
    seconds: float
    steps: int
    wasted: float


def padding_costs(model: SequenceNetwork, texts: Batch, batch_size: int) -> Iterator[float | tuple[PaddingCost, ...]]:
    """Measure all four ways in turns; yields the share done, and in the end what was found.

    The network's weights and gradients stay as they are.
    """
    assert texts.lengths is not None
    lengths = texts.lengths
    ways = [(packed, by_length) for by_length in (False, True) for packed in (False, True)]
    batches = {
        by_length: [texts[rows] for rows in shuffled(len(texts), batch_size, _chance(), lengths if by_length else None)]
        for by_length in (False, True)
    }
    seconds: dict[tuple[bool, bool], list[float]] = {way: [] for way in ways}
    for done in range(ROUNDS * len(ways)):
        packed, by_length = ways[done % len(ways)]
        started = time.perf_counter()
        for batch in batches[by_length]:
            _forward_and_backward(model, batch, packed=packed)
        seconds[packed, by_length].append(time.perf_counter() - started)
        yield (done + 1) / (ROUNDS * len(ways))
    words = int(lengths.sum())
    padded = {by_length: sum(len(batch) * batch.time for batch in parts) for by_length, parts in batches.items()}
    found = []
    for packed, by_length in ways:
        steps = words if packed else padded[by_length]
        found.append(PaddingCost(packed, by_length, median(seconds[packed, by_length]), steps, 1 - words / steps))
    yield tuple(found)


def _forward_and_backward(model: SequenceNetwork, batch: Batch, *, packed: bool) -> None:
    outputs = model(batch.inputs, batch.lengths if packed else None)
    loss = F.softplus(outputs).sum()
    torch.autograd.grad(loss, list(model.parameters()), allow_unused=True)


def _chance() -> torch.Generator:
    return torch.Generator().manual_seed(0)
