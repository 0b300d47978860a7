"""How long a step will take, from a few real ones."""

import time
from collections.abc import Iterator

from torch import Tensor

from seqviz.data.datasets import Dataset
from seqviz.networks.build import build_model
from seqviz.networks.objectives import OBJECTIVES
from seqviz.specs import NetworkSpec, TrainSpec
from seqviz.training.devices import pick_device, training_threads

STEPS = 4


def step_seconds(spec: NetworkSpec, training: TrainSpec, data: Dataset) -> float:
    """Seconds for a forward and backward pass over a batch of the data: the quickest of a few."""
    durations = []
    with training_threads():
        losses = _losses(spec, training, data)
        for _ in range(STEPS):
            started = time.perf_counter()
            loss = next(losses)
            loss.backward()
            float(loss.detach())  # waits for a GPU
            durations.append(time.perf_counter() - started)
    return min(durations)


def _losses(spec: NetworkSpec, training: TrainSpec, data: Dataset) -> Iterator[Tensor]:
    """The loss of the first batch, again and again."""
    device = pick_device(training.device)
    model, objective = build_model(spec).to(device), OBJECTIVES[data.objective]
    batch = next(data.for_network(spec).training_batches(training, device))
    while True:
        outputs, _ = model.forward_from(batch.inputs, None, batch.lengths)
        yield objective.loss(outputs, batch)
