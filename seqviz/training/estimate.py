"""How long a step will take, from a few real ones."""

import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from seqviz.networks.build import build_language_model, build_model
from seqviz.specs import LanguageModelSpec, ModelSpec, TrainSpec
from seqviz.training.devices import pick_device, training_threads

STEPS = 4


def step_seconds(spec: ModelSpec | LanguageModelSpec, training: TrainSpec) -> float:
    """Seconds for a forward and backward pass over a batch: the quickest of a few."""
    where = pick_device(training.device)
    run = _text(spec, training, where) if isinstance(spec, LanguageModelSpec) else _digits(spec, training, where)
    durations = []
    with training_threads():
        for _ in range(STEPS):
            started = time.perf_counter()
            loss = run()
            loss.backward()
            float(loss.detach())  # waits for a GPU
            durations.append(time.perf_counter() - started)
    return min(durations)


def _digits(spec: ModelSpec, training: TrainSpec, where: torch.device) -> Callable[[], Tensor]:
    model = build_model(spec).to(where)
    x = torch.zeros(training.batch_size, spec.sequence_length, spec.input_size, device=where)
    y = torch.zeros(training.batch_size, dtype=torch.long, device=where)
    return lambda: F.cross_entropy(model(x), y)


def _text(spec: LanguageModelSpec, training: TrainSpec, where: torch.device) -> Callable[[], Tensor]:
    model = build_language_model(spec).to(where)
    tokens = torch.zeros(training.batch_size, training.truncate, dtype=torch.long, device=where)
    return lambda: F.cross_entropy(model(tokens)[0].flatten(0, 1), tokens.flatten())
