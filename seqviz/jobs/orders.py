"""What a worker is told to train, and how it does that."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from torch import Tensor

from seqviz.data.datasets import Dataset
from seqviz.networks.build import build_model
from seqviz.specs import LearnedSpec, TrainSpec
from seqviz.training.events import SnapshotTaken, StepCompleted, TrainEvent
from seqviz.training.loop import train
from seqviz.training.snapshots import half_precision_weights
from seqviz.workers.computation import Control


@dataclass(frozen=True)
class TrainingOrder:
    """A turn of a run: from `resume` (None: from the beginning) on, at most so many `steps` (None: to the end).

    After the steps in `kept` the weights are sent, too.
    """

    model: LearnedSpec
    data: Dataset
    training: TrainSpec
    resume: SnapshotTaken | None = None
    steps: int | None = None
    kept: frozenset[int] = frozenset()


@dataclass(frozen=True)
class WeightsKept:
    """The weights after a step, in half precision."""

    step: int
    weights: Mapping[str, Tensor]


def carry_out(control: Control, order: TrainingOrder) -> Iterator[TrainEvent | WeightsKept]:
    """The events of `train`; a stop takes effect before the next step, and within an evaluation."""
    model = build_model(order.model, order.training.seed)
    step, done, kept = 0, 0, set(order.kept)

    def stop() -> bool:
        return control.stopped() or done == order.steps

    for event in train(
        model, order.data, order.training, resume=order.resume, stop=stop, snapshot=control.snapshot_asked
    ):
        if isinstance(event, StepCompleted):
            step, done = event.step, done + 1
        elif isinstance(event, SnapshotTaken):
            step = event.step
        yield event
        if step in kept:
            kept.remove(step)
            yield WeightsKept(step, half_precision_weights(model))
