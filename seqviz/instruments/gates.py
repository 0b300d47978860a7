"""How gates behave over many digits: their distribution by row, saturation, and the time-scale of memory."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.functional import one_hot

from seqviz.data.batch import Batch
from seqviz.errors import InputError
from seqviz.instruments.trace import at_once, layer_traces
from seqviz.networks.network import SequenceNetwork
from seqviz.specs import GATES

BATCH = 500
LOW, HIGH = 0.1, 0.9
BINS = 40


@dataclass(frozen=True)
class GateStatistics:
    """One gate of one layer over a set of digits.

    `histogram[t]` counts values at step t in equal bins over `limits` (all units, all digits). `low` and `high` are
    each unit's share of time below 0.1 and above 0.9 (Karpathy, Johnson and Fei-Fei 2015, arXiv 1506.02078).
    """

    gate: str
    limits: tuple[float, float]
    histogram: Int[Tensor, "time bins"]
    low: Float[Tensor, " hidden"]
    high: Float[Tensor, " hidden"]
    mean: Float[Tensor, " hidden"]
    by_class: Float[Tensor, "classes time"]

    @property
    def time_scale(self) -> Float[Tensor, " hidden"]:
        """Rows until a stored value has decayed to 1/e, were the gate always at its mean: -1 / ln(mean)."""
        return -1 / self.mean.clamp(1e-6, 1 - 1e-6).log()


def gate_statistics(
    model: SequenceNetwork, split: Batch, layer: int = 0, num_classes: int = 10
) -> tuple[GateStatistics, ...]:
    """Statistics of every gate of one layer (in `h_n` order); a plain RNN has none. Padding does not count.

    Raises:
        InputError: a gate is not finite.
    """
    parts = [_Part(name) for name in GATES[model.spec.encoder.cell]]
    for batch in split.split(at_once(model, split, BATCH)) if parts else ():
        gates = layer_traces(model, batch)[layer].gates
        if not all(values.isfinite().all() for values in gates.values()):
            raise InputError("Some gates of this network are not finite numbers, so there are no statistics of them.")
        members = one_hot(batch.targets, num_classes).float()  # (batch, classes)
        for part in parts:
            part.add(gates[part.gate], members, batch.mask)
    return tuple(part.done() for part in parts)


class _Part:
    """Sums over the batches seen so far."""

    def __init__(self, gate: str) -> None:
        self.gate = gate
        self.limits = (-1.0, 1.0) if gate in ("candidate", "new") else (0.0, 1.0)
        self.count = 0
        self.histogram: Tensor | float = 0
        self.low: Tensor | float = 0
        self.high: Tensor | float = 0
        self.total: Tensor | float = 0
        self.class_total: Tensor | float = 0
        self.class_count: Tensor | float = 0

    def add(
        self,
        values: Float[Tensor, "batch time hidden"],
        members: Float[Tensor, "batch classes"],
        mask: Bool[Tensor, "batch time"] | None,
    ) -> None:
        batch, time, _ = values.shape
        read = torch.ones(batch, time, dtype=torch.bool) if mask is None else mask.cpu()
        low, high = self.limits
        bins = ((values - low) / (high - low) * BINS).long().clamp(0, BINS - 1)
        rows = torch.arange(time)[None, :, None] * BINS
        counted = torch.bincount((bins + rows)[read].flatten(), minlength=time * BINS).view(time, BINS)
        self.count += int(read.sum())
        self.histogram = self.histogram + counted
        self.low = self.low + (values[read] < LOW).sum(dim=0)
        self.high = self.high + (values[read] > HIGH).sum(dim=0)
        self.total = self.total + values[read].double().sum(dim=0)
        self.class_total = self.class_total + torch.einsum("bc,bt->ct", members, values.mean(dim=2) * read)
        self.class_count = self.class_count + torch.einsum("bc,bt->ct", members, read.float())

    def done(self) -> GateStatistics:
        return GateStatistics(
            self.gate,
            self.limits,
            torch.as_tensor(self.histogram),
            torch.as_tensor(self.low).float() / self.count,
            torch.as_tensor(self.high).float() / self.count,
            (torch.as_tensor(self.total) / self.count).float(),
            torch.as_tensor(self.class_total) / self.class_count,
        )
