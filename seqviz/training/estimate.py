"""How long a run will take, from a few real steps."""

import time

import torch
from torch.nn import functional as F

from seqviz.networks import build_model
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.training.devices import pick_device, training_threads
from seqviz.training.loop import total_steps

STEPS = 4


def estimate_seconds(spec: ModelSpec, training: TrainSpec, examples: int) -> float:
    """Seconds for a run over `examples` sequences, evaluations left out: the quickest of a few, times all steps."""
    device = pick_device(training.device)
    model = build_model(spec).to(device)
    x = torch.zeros(training.batch_size, spec.sequence_length, spec.input_size, device=device)
    y = torch.zeros(training.batch_size, dtype=torch.long, device=device)
    durations = []
    with training_threads():
        for _ in range(STEPS):
            started = time.perf_counter()
            F.cross_entropy(model(x), y).backward()
            float(model.head.bias.detach()[0])  # waits for a GPU
            durations.append(time.perf_counter() - started)
    return min(durations) * total_steps(examples, training)
