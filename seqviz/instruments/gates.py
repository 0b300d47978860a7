"""How gates behave over many digits: their distribution by row, saturation, and the time-scale of memory."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqviz.data.split import Split
from seqviz.instruments.trace import layer_traces
from seqviz.networks.classifier import SequenceClassifier
from seqviz.specs import GATES

BATCH = 500
LOW, HIGH = 0.1, 0.9
BINS = 40
KEEPERS = {"lstm": "forget", "gru": "update"}
"""The gate whose value near 1 keeps the memory."""


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
    model: SequenceClassifier, split: Split, layer: int = 0, num_classes: int = 10
) -> tuple[GateStatistics, ...]:
    """Statistics of every gate of one layer (in `h_n` order); a plain RNN has none."""
    parts = [_Part(name) for name in GATES[model.spec.cell]]
    for start in range(0, len(split) if parts else 0, BATCH):
        gates = layer_traces(model, split.sequences[start : start + BATCH])[layer].gates
        labels = split.labels[start : start + BATCH]
        for part in parts:
            part.add(gates[part.gate], labels, num_classes)
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

    def add(self, values: Float[Tensor, "batch time hidden"], labels: Tensor, num_classes: int) -> None:
        batch, time, _ = values.shape
        low, high = self.limits
        bins = ((values - low) / (high - low) * BINS).long().clamp(0, BINS - 1)
        rows = torch.arange(time)[None, :, None] * BINS
        counted = torch.bincount((bins + rows).flatten(), minlength=time * BINS).view(time, BINS)
        members = torch.nn.functional.one_hot(labels, num_classes).to(values)  # (batch, classes)
        self.count += batch * time
        self.histogram = self.histogram + counted
        self.low = self.low + (values < LOW).sum(dim=(0, 1))
        self.high = self.high + (values > HIGH).sum(dim=(0, 1))
        self.total = self.total + values.double().sum(dim=(0, 1))
        self.class_total = self.class_total + torch.einsum("bc,bt->ct", members, values.mean(dim=2))
        self.class_count = self.class_count + members.sum(dim=0)[:, None]

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
