"""A character model that writes and learns, beside bare loops with the same model and threads."""

import math
import statistics
import time
from collections import deque
from dataclasses import replace

import torch
from torch.nn import functional as F

from benchmarks.report import Figure
from seqviz.data.text import load_text
from seqviz.instruments.sampling import sample
from seqviz.jobs.orders import TrainingOrder, carry_out
from seqviz.machine import cores
from seqviz.networks.build import build_model
from seqviz.networks.network import SequenceNetwork, detached
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.training.checkpoints import load_checkpoint
from seqviz.training.events import EvalCompleted, StepCompleted
from seqviz.training.loop import total_steps, train
from seqviz.training.recipes import text_recipe
from seqviz.ui.shell.caches import MODELS
from seqviz.workers.local import LocalWorkers

CHARACTERS, ROUNDS = 3000, 5
STEPS = 60  # of each training loop, in turns


def characters_a_second() -> list[Figure]:
    """The shipped Shakespeare model on one core: every step with its distribution, and the bare multinomial loop."""
    model = load_checkpoint(MODELS / "shakespeare.safetensors").build()
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        plain, cut, bare = [], [], []
        for seed in range(ROUNDS):
            plain.append(_speed(lambda seed=seed: sample(model, "ROMEO:", CHARACTERS, seed=seed)))
            cut.append(_speed(lambda seed=seed: sample(model, "ROMEO:", CHARACTERS, top_k=20, top_p=0.9, seed=seed)))
            bare.append(_speed(lambda: _bare_sampling(model)))
    finally:
        torch.set_num_threads(before)
    loop = f"bare multinomial loop {statistics.median(bare):,.0f} characters/s"
    share = statistics.median(plain) / statistics.median(bare)
    return [
        Figure("sampling, shipped GRU 256", share, "of bare loop", loop, 0.8, at_least=True),
        Figure("sampling, shipped GRU 256", statistics.median(plain), "characters/s", loop, 3000, at_least=True),
        Figure("the same with top-k and top-p", statistics.median(cut), "characters/s", loop, 3000, at_least=True),
    ]


def _speed(write) -> float:
    started = time.perf_counter()
    deque(write(), maxlen=0)
    return CHARACTERS / (time.perf_counter() - started)


def _bare_sampling(model: SequenceNetwork):
    tokens, state = torch.zeros(1, 1, dtype=torch.int64), None
    for _ in range(CHARACTERS):
        with torch.no_grad():
            logits, state = model.forward_from(tokens, state)
        tokens = torch.multinomial(logits[0].softmax(dim=-1), 1)
        yield tokens


def text_training_against_bare_loop() -> list[Figure]:
    """Characters a second of `train` on a text, against a loop as anyone would write it, on the same threads."""
    data = load_text("python")
    spec, run = text_recipe(data, shipped=True)
    torch.set_num_threads(cores())
    ours, bare = [], []
    for _ in range(ROUNDS):
        bare.append(_bare_training(spec, run))
        ours.append(_our_training(spec, run))
    share = max(ours) / max(bare)
    reference = f"bare loop {max(bare):,.0f} characters/s, train {max(ours):,.0f}"
    return [Figure("training a GRU 256 on text", share, "of bare loop", reference, 0.95, at_least=True)]


def shakespeare_in_a_minute() -> list[Figure]:
    """The live recipe with 256 units in a worker with all cores: the loss on held-out text after 60 seconds at most."""
    data = load_text("shakespeare")
    spec, run = text_recipe(data)
    spec = replace(spec, encoder=replace(spec.encoder, hidden_size=256))
    workers = LocalWorkers(1, 8e9)
    best, steps, started = math.inf, 0, time.perf_counter()
    try:
        for event in workers.submit(carry_out, TrainingOrder(spec, data, run)).items():
            if isinstance(event, EvalCompleted) and time.perf_counter() - started <= 60:
                best, steps = min(best, event.evaluation.loss), event.step
    finally:
        workers.shutdown()
    whole = time.perf_counter() - started
    reference = f"at step {steps} of {total_steps(data, run)}; all of them take {whole:.0f} s"
    return [Figure("Tiny Shakespeare, GRU 256, in 60 s", best, "nats", reference, 1.60, at_least=False)]


def _our_training(spec: ModelSpec, run: TrainSpec) -> float:
    started, done = 0.0, 0
    for event in train(build_model(spec), load_text("python"), run):
        if isinstance(event, StepCompleted):
            started = started or time.perf_counter()  # the first step warms up
            done += 1
            if done > STEPS:
                break
    return STEPS * run.batch_size * run.truncate / (time.perf_counter() - started)


def _bare_training(spec: ModelSpec, run: TrainSpec) -> float:
    data, model = load_text("python"), build_model(spec)
    tokens = data.vocabulary.encode(data.train)
    length = (len(tokens) - 1) // run.batch_size
    inputs = tokens[: run.batch_size * length].view(run.batch_size, length)
    targets = tokens[1 : run.batch_size * length + 1].view(run.batch_size, length)
    optimizer = torch.optim.AdamW(model.parameters(), lr=run.learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, run.learning_rate, total_steps=1000)
    state, started = None, 0.0
    for step in range(STEPS + 1):
        chunk = slice(step * run.truncate, (step + 1) * run.truncate)
        logits, state = model.forward_from(inputs[:, chunk], state)
        state = detached(state)
        loss = F.cross_entropy(logits.flatten(0, 1), targets[:, chunk].flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), run.clip or 1.0)
        optimizer.step()
        schedule.step()
        loss.item()
        started = started or time.perf_counter()
    return STEPS * run.batch_size * run.truncate / (time.perf_counter() - started)
