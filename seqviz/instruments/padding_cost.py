"""What padding costs: the same texts in batches by chance and by length, padded and packed, timed one after another."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

import torch
from torch import Tensor
from torch.nn import functional as F

from seqviz.data.batch import Batch, shuffled
from seqviz.networks.network import SequenceNetwork

ROUNDS = 3


@dataclass(frozen=True)
class PaddingCost:
    """One way to put texts side by side: `seconds` for all of them, forward and backward, median of `ROUNDS`.

    `steps` is how many the recurrent layers compute, of which the share `wasted` is padding; `saved_bytes` those that
    the largest batch keeps for its backward pass, weights and inputs left out.
    """

    packed: bool
    by_length: bool
    seconds: float
    steps: int
    wasted: float
    saved_bytes: int


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
        kept = max(saved_bytes_of(model, batch, packed=packed) for batch in batches[by_length])
        taken = median(seconds[packed, by_length])
        found.append(PaddingCost(packed, by_length, taken, steps, 1 - words / steps, kept))
    yield tuple(found)


def saved_bytes_of(model: SequenceNetwork, batch: Batch, *, packed: bool) -> int:
    """What autograd keeps of a forward pass for the backward one: each storage once, weights and inputs left out."""
    given = {one.untyped_storage().data_ptr() for one in (*model.parameters(), batch.inputs)}
    kept: dict[int, int] = {}
    alive = []  # or another tensor could take the place of one that is gone

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in given:
            kept[storage.data_ptr()] = storage.nbytes()
            alive.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        _loss(model, batch, packed=packed)
    return sum(kept.values())


def _loss(model: SequenceNetwork, batch: Batch, *, packed: bool) -> Tensor:
    return F.softplus(model(batch.inputs, batch.lengths if packed else None)).sum()


def _forward_and_backward(model: SequenceNetwork, batch: Batch, *, packed: bool) -> None:
    loss = _loss(model, batch, packed=packed)
    torch.autograd.grad(loss, list(model.parameters()), allow_unused=True)


def _chance() -> torch.Generator:
    return torch.Generator().manual_seed(0)
