"""Jobs and other long work in worker processes: killed, starved, held, and each as it would be alone."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch

from seqviz.errors import OutOfMemory
from seqviz.jobs.jobs import Job, JobRequest
from seqviz.jobs.queue import JobQueue
from seqviz.jobs.settings import DAY, GB, Limits
from seqviz.networks.build import build_model
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.training.checkpoints import load_checkpoint
from seqviz.training.loop import train
from seqviz.training.snapshots import load_snapshots
from seqviz.training.summary import RunSummary
from seqviz.workers.local import LocalWorkers
from tests.waiting import wait_until
from tests.workers import works

MODEL = ModelSpec.classifier("gru", 8)
SPEC = TrainSpec(epochs=10, batch_size=16, device="cpu", eval_every=20)
ROOMY = Limits(memory=8 * GB, run_memory=8 * GB, run_seconds=DAY, each=10, turn=0.5)


@pytest.fixture(scope="module")
def workers() -> Iterator[LocalWorkers]:
    workers = LocalWorkers(2, 5e8, niceness=0).start()
    yield workers
    workers.shutdown()


@pytest.fixture
def queue(tmp_path: Path, workers: LocalWorkers) -> Iterator[JobQueue]:
    queue = JobQueue(tmp_path, ROOMY, workers=workers)
    yield queue
    queue.shutdown()


def assert_as_alone(job: Job, folder: Path, threads: int) -> None:
    """Its curve and weights are those of a bare loop with as many threads."""
    torch.set_num_threads(threads)
    request = job.request
    model, alone = build_model(request.model, request.training.seed), RunSummary(request.data, request.training)
    for _ in alone.follow(train(model, request.data, request.training)):
        pass
    saved = load_checkpoint(folder / f"{job.run}.safetensors")
    assert (saved.status, saved.step) == ("finished", alone.total)
    assert saved.curve == alone.curve.columns()
    for name, tensor in model.state_dict().items():
        assert torch.equal(saved.weights[name], tensor)


def test_eight_runs_finish_as_alone_though_a_worker_is_killed(queue, workers, few):
    jobs = [queue.submit(JobRequest(MODEL, replace(SPEC, seed=seed), few, f"visitor {seed}")) for seed in range(8)]
    wait_until(lambda: sum(job.view().step for job in jobs) > 60)
    os.kill(workers.processes()[0], signal.SIGKILL)
    wait_until(lambda: all(job.ended for job in jobs))
    for job in jobs:
        assert_as_alone(job, queue.folder, workers.threads)
        assert load_snapshots(queue.folder / "snapshots" / f"{job.run}.safetensors").steps[-1] == job.view().total


def test_a_run_that_takes_all_memory_costs_itself_alone(queue, workers, few):
    beside = queue.submit(JobRequest(MODEL, SPEC, few, "one"))
    greedy = ModelSpec.classifier("lstm", 1024, num_layers=3)
    large = queue.submit(JobRequest(greedy, replace(SPEC, batch_size=80), few, "two"))
    wait_until(lambda: large.ended)
    assert large.state == "failed"
    assert large.view().message == str(OutOfMemory(5e8))
    wait_until(lambda: beside.ended)
    assert_as_alone(beside, queue.folder, workers.threads)


def test_a_pause_gives_the_worker_back_and_a_stop_is_a_checkpoint(queue, workers, few):
    job = queue.submit(JobRequest(MODEL, replace(SPEC, epochs=1000), few, "me"))
    wait_until(lambda: job.view().step > 20)
    job.steer("pause")
    wait_until(lambda: job.state == "paused")
    step = job.view().step
    assert load_checkpoint(queue.folder / f"{job.run}.safetensors").step == step
    job.steer("step")
    wait_until(lambda: job.state == "paused" and job.view().step == step + 1)
    job.steer("resume")
    wait_until(lambda: job.view().step > step + 20)
    job.steer("stop")
    wait_until(lambda: job.ended)
    saved = load_checkpoint(queue.folder / f"{job.run}.safetensors")
    assert (saved.status, saved.step) == ("stopped", job.view().step)


def test_long_work_takes_turns_is_held_and_comes_to_its_end(queue):
    first = queue.begin("endless", "one", works.endless)
    wait_until(lambda: first.progress > 0)
    others = [queue.begin(f"squares {number}", f"visitor {number}", partial(works.squares, 300)) for number in range(3)]
    wait_until(lambda: all(task.ended for task in others))
    assert [task.state for task in others] == ["finished"] * 3
    assert others[0].result == [one**2 for one in range(300)]
    assert not first.ended
    first.stop()
    wait_until(lambda: first.ended)
    assert first.state == "stopped"


def test_long_work_whose_process_died_begins_anew_at_most_twice(queue, tmp_path):
    once = queue.begin("once", "me", partial(works.dies_once, tmp_path / "mark"))
    always = queue.begin("always", "me", works.dies_always)
    wait_until(lambda: once.ended and always.ended)
    assert (once.state, once.result) == ("finished", "done")
    assert always.state == "failed"
    assert always.message == "The process that computed this ended without a word. It was tried 3 times."
