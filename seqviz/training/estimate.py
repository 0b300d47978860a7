"""How long a step will take, from a few real ones."""

import time

import torch
from torch.nn import functional as F

from seqviz.networks import build_model
from seqviz.specs import Device, ModelSpec
from seqviz.training.devices import pick_device, training_threads

STEPS = 4


def step_seconds(spec: ModelSpec, batch_size: int, device: Device) -> float:
    """Seconds for a forward and backward pass over a batch: the quickest of a few."""
    where = pick_device(device)
    model = build_model(spec).to(where)
    x = torch.zeros(batch_size, spec.sequence_length, spec.input_size, device=where)
    y = torch.zeros(batch_size, dtype=torch.long, device=where)
    durations = []
    with training_threads():
        for _ in range(STEPS):
            started = time.perf_counter()
            F.cross_entropy(model(x), y).backward()
            float(model.head.bias.detach()[0])  # waits for a GPU
            durations.append(time.perf_counter() - started)
    return min(durations)
