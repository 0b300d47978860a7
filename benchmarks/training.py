"""Training beside plain PyTorch loops with the same model and threads, on MNIST."""

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import median

import torch
from torch import nn

from benchmarks.report import Figure
from seqviz.data.datasets import SequenceData, load_dataset
from seqviz.experiments.race import race
from seqviz.jobs.jobs import Job, JobRequest
from seqviz.jobs.queue import JobQueue
from seqviz.machine import cores
from seqviz.networks.build import build_model
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.training.autosave import Autosave
from seqviz.training.events import EvalCompleted
from seqviz.training.loop import total_steps, train
from seqviz.training.recipes import default_recipe
from seqviz.training.summary import RunSummary
from seqviz.workers.computation import Control
from seqviz.workers.local import LocalWorkers
from tests.waiting import wait_until

LOOP_SECONDS = 1.5
ROUNDS = 40
ROOM = 8e9  # bytes that a worker may take: no bound


def plain_loop(spec: ModelSpec, training: TrainSpec, data: SequenceData, seconds: float = float("inf")) -> float:
    """A loop as anyone would write it, for whole epochs or until time is up; examples a second."""
    model = build_model(spec, training.seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=training.learning_rate)
    shuffle = torch.Generator().manual_seed(training.seed)
    schedule = None
    if training.schedule == "one-cycle":
        steps = total_steps(data, training)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, training.learning_rate, total_steps=steps)
    done, started = 0, time.perf_counter()
    for _ in range(training.epochs):
        for index in torch.randperm(len(data.train), generator=shuffle).split(training.batch_size):
            loss = nn.functional.cross_entropy(model(data.train.inputs[index]), data.train.targets[index])
            optimizer.zero_grad()
            loss.backward()
            if training.clip is not None:
                nn.utils.clip_grad_norm_(model.parameters(), training.clip)
            optimizer.step()
            if schedule:
                schedule.step()
            done += len(index)
            if time.perf_counter() - started > seconds:
                return done / (time.perf_counter() - started)
    return done / (time.perf_counter() - started)


def worker_against_bare_loop() -> list[Figure]:
    """A job that is looked at twice a second, against the loop in the same worker, which has the same threads.

    The speed of a shared machine changes within seconds: each round is held to the loops right before and after it.
    """
    data = load_dataset("mnist")
    spec, recipe = default_recipe("mnist")
    recipe = replace(recipe, epochs=50, eval_every=10**9)  # longer than measured, and no evaluation in between
    workers = LocalWorkers(1, ROOM).start()
    try:
        bare = [*workers.submit(bare_loop, spec, recipe, data, LOOP_SECONDS).items()]
        in_worker = []
        for _ in range(ROUNDS):
            in_worker.append(_job_in(workers, spec, recipe, data))
            bare += workers.submit(bare_loop, spec, recipe, data, LOOP_SECONDS).items()
    finally:
        workers.shutdown()
    shares = [2 * ours / sum(around) for ours, around in zip(in_worker, pairwise(bare), strict=True)]
    reference = f"medians of {ROUNDS}: bare loop {median(bare):,.0f} examples/s, worker {median(in_worker):,.0f}"
    return [Figure("training in a worker, polled", median(shares), "of bare loop", reference, 0.97, at_least=True)]


def bare_loop(_: Control, spec: ModelSpec, training: TrainSpec, data: SequenceData, seconds: float) -> Iterator[float]:
    """`plain_loop` as work for a worker."""
    yield plain_loop(spec, training, data, seconds)


def _job_in(workers: LocalWorkers, spec: ModelSpec, recipe: TrainSpec, data: SequenceData) -> float:
    with tempfile.TemporaryDirectory() as folder:
        queue = JobQueue(Path(folder), workers=workers)
        job = queue.submit(JobRequest(spec, recipe, data, owner="benchmark"))
        first, started = _next_step(job, 0)
        while time.perf_counter() - started < LOOP_SECONDS:
            job.view()
            time.sleep(0.5)
        last, ended = _next_step(job, job.view().step)
        speed = (last - first) * recipe.batch_size / (ended - started)
        job.steer("stop")
        job.join(10)
        return speed


def _next_step(job: Job, after: int) -> tuple[int, float]:
    """The step that is seen next, and when: steps arrive several at a time, so both ends of a span are an arrival."""
    wait_until(lambda: job.view().step > after)
    return job.view().step, time.perf_counter()


def recipe_against_plain_loop() -> list[Figure]:
    """Time to accuracy on MNIST's test set, against two epochs of LSTM last 2×256, batch 64, Adam 1e-3."""
    data = load_dataset("mnist")
    torch.set_num_threads(cores())
    reached = _times_to(data, (0.984, 0.990))
    started = time.perf_counter()
    reference = ModelSpec.classifier("lstm", 256, num_layers=2, head="last")
    plain_loop(reference, TrainSpec(epochs=2, batch_size=64, learning_rate=1e-3, clip=None), data)
    whole = time.perf_counter() - started
    text = f"plain loop {whole:.0f} s on {cores()} thread(s)"
    return [
        Figure(
            f"time to {goal:.1%} on MNIST ({reached[goal]:.1f} s)", reached[goal] / whole, "of loop", text, share, False
        )
        for goal, share in ((0.984, 1 / 10), (0.990, 1 / 6))
    ]


def _times_to(data: SequenceData, goals: tuple[float, ...]) -> dict[float, float]:
    spec, recipe = default_recipe("mnist")
    started = time.perf_counter()
    reached = dict.fromkeys(goals, float("inf"))
    for event in train(build_model(spec, recipe.seed), data, recipe):
        if isinstance(event, EvalCompleted):
            for goal in goals:
                if event.evaluation.accuracy >= goal:
                    reached[goal] = min(reached[goal], time.perf_counter() - started)
    return reached


def race_against_one_after_the_other() -> list[Figure]:
    """Examples a second of two heads in turns, against the same two networks trained one after the other."""
    data = load_dataset("digits")
    specs = {head: ModelSpec.classifier("lstm", 128, head=head) for head in ("concat", "last")}
    recipe = TrainSpec(epochs=4, batch_size=32)
    torch.set_num_threads(1)  # with more, two small networks are a matter of chance
    together, apart = float("inf"), float("inf")
    for _ in range(6):
        together = min(together, _seconds_of(lambda: race(specs, data, recipe)))
        alone = [_seconds_of(lambda spec=spec: train(build_model(spec), data, recipe)) for spec in specs.values()]
        apart = min(apart, sum(alone))
    examples = 2 * recipe.epochs * len(data.train)
    reference = f"one after the other {examples / apart:,.0f} examples/s, race {examples / together:,.0f}"
    return [
        Figure("race of two heads, LSTM 128", apart / together, "of the bare speed", reference, 0.95, at_least=True)
    ]


def _seconds_of(work: Callable[[], Iterator[object]]) -> float:
    started = time.perf_counter()
    for _ in work():
        pass
    return time.perf_counter() - started


def checkpoints_beside_training() -> list[Figure]:
    """What the checkpoints of a run cost: an evaluation every second or so, the digits' recipe."""
    data = load_dataset("digits")
    spec, recipe = default_recipe("digits")
    recipe = replace(recipe, epochs=60)
    run, model = RunSummary(data, recipe), build_model(spec, recipe.seed)
    torch.set_num_threads(cores())
    with tempfile.TemporaryDirectory() as folder:
        autosave, written = Autosave(Path(folder) / "run.safetensors"), 0
        started = time.perf_counter()
        for event in run.follow(train(model, data, recipe, snapshot=autosave.due)):
            if autosave.wants(event) and (checkpoint := run.checkpoint(spec, data, recipe)):
                autosave.save(checkpoint)
                written += 1
        seconds = time.perf_counter() - started
    reference = f"{written} checkpoints in {seconds:.1f} s of training, {recipe.epochs} evaluations"
    return [Figure("checkpoints", autosave.seconds / seconds, "of the time", reference, 0.02, at_least=False)]
