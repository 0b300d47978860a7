"""Places go round: who computes next, how long a wait is, and what a run in turns gives."""

import gc
import threading
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import pytest
import torch

from seqviz.data.datasets import SequenceData
from seqviz.errors import QueueFull
from seqviz.jobs.jobs import JobRequest
from seqviz.jobs.queue import JobQueue
from seqviz.jobs.slots import Slots
from seqviz.networks.build import build_model
from seqviz.networks.network import SequenceNetwork
from seqviz.specs import TrainSpec
from seqviz.training.checkpoints import load_checkpoint
from seqviz.training.loop import train
from seqviz.training.summary import RunSummary
from tests.jobs.test_jobs import LONG, MODEL, ROOMY, SHORT
from tests.waiting import PATIENCE, wait_until


@dataclass(eq=False)
class Guest:
    owner: str
    memory: float = 0.0
    seconds_left: float | None = None


def never() -> bool:
    return False


def test_the_next_place_is_for_who_was_served_longest_ago():
    slots = Slots(lambda: 1)
    eager = [Guest("eager") for _ in range(3)]
    late = Guest("late")
    for guest in (*eager, late):
        slots.queue(guest)
    assert [slots.position(guest) for guest in (*eager, late)] == [0, 2, 3, 1]
    served = []
    for _ in range(4):
        following = min((g for g in (*eager, late) if g not in served), key=slots.position)
        slots.take(following, never)
        slots.give(following)
        served.append(following)
    assert served == [eager[0], late, eager[1], eager[2]]


def test_no_place_stays_empty_while_somebody_waits():
    """The second in the queue looks first, finds the first ahead of it, and must look again when that one has gone."""
    slots, taken = Slots(lambda: 2), []
    first, second = Guest("first"), Guest("second")
    slots.queue(first)
    slots.queue(second)

    def take(holder: Guest) -> None:
        slots.take(holder, never)
        taken.append(holder)

    thread = threading.Thread(target=take, args=(second,), daemon=True)
    thread.start()
    wait_until(lambda: slots._changed._waiters)
    take(first)
    thread.join(PATIENCE)
    assert taken == [first, second]


def test_what_lies_in_memory_together_has_a_bound():
    """A newcomer that does not fit waits; who is in memory already goes on, and makes room by ending."""
    slots = Slots(lambda: 1, memory=10)
    resident, large = Guest("one", memory=6), Guest("two", memory=6)
    slots.take(resident, never)
    slots.give(resident, in_memory=True)
    slots.queue(large)
    slots.take(resident, never)  # though the other's turn would be next
    slots.give(resident)
    assert slots.take(large, never)


def test_the_expected_wait_is_the_turns_before():
    slots = Slots(lambda: 1, turn=10.0)
    running, short, asks = Guest("a", seconds_left=4.0), Guest("b", seconds_left=3.0), Guest("c")
    slots.take(running, never)
    slots.queue(short)
    slots.queue(asks)
    assert slots.wait(running) == 0
    assert slots.wait(asks) == pytest.approx(7, abs=0.5)


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[JobQueue]:
    queue = JobQueue(tmp_path, replace(ROOMY, turn=0.0))
    yield queue
    queue.shutdown()


def test_a_newcomer_need_not_wait_for_a_long_run(queue, few):
    """On the commit before, one long run kept all others waiting until its end."""
    long = queue.submit(JobRequest(MODEL, LONG, few, "one"))
    wait_until(lambda: long.view().step > 0)
    short = queue.submit(JobRequest(MODEL, SHORT, few, "two"))
    wait_until(lambda: short.state == "finished")
    assert not long.ended
    step = long.view().step
    wait_until(lambda: long.view().step > step)


def test_nine_paused_runs_lock_nobody_out(tmp_path, few):
    """On the commit before, nine paused runs were all that a server took."""
    queue = JobQueue(tmp_path, replace(ROOMY, each=2))
    jobs = []
    for number in range(10):
        jobs.append(queue.submit(JobRequest(MODEL, LONG, few, f"visitor {number // 2}")))
        jobs[-1].steer("pause")
    wait_until(lambda: all(job.state == "paused" for job in jobs))
    with pytest.raises(QueueFull, match="2 runs under way, which is as many as one visitor may have"):
        queue.submit(JobRequest(MODEL, SHORT, few, "visitor 0"))
    newcomer = queue.submit(JobRequest(MODEL, SHORT, few, "visitor 99"))
    wait_until(lambda: newcomer.state == "finished")
    queue.shutdown()


def test_tasks_count_and_take_turns(tmp_path, few):
    queue = JobQueue(tmp_path, replace(ROOMY, each=2, turn=0.0))
    task = queue.begin("endless", "me", lambda: (0.5 for _ in count()), title="Race")
    job = queue.submit(JobRequest(MODEL, SHORT, few, "me"))
    with pytest.raises(QueueFull, match=r"Race \(\w+\)"):
        queue.begin("another", "me", lambda: iter(()))
    wait_until(lambda: job.state == "finished")
    assert not task.ended
    replacing = queue.begin("endless again", "me", lambda: (0.5 for _ in count()), instead="endless")
    wait_until(lambda: task.ended)
    assert queue.begin("third", "me", lambda: iter(())), "what was replaced counts no more"
    replacing.stop()
    queue.shutdown()


def test_a_run_in_turns_is_the_unbroken_run(queue, few):
    """Two runs that change places at every step give, number for number, what each gives alone."""
    spec = TrainSpec(epochs=3, batch_size=16, device="cpu", eval_every=7)
    jobs = [queue.submit(JobRequest(MODEL, replace(spec, seed=seed), few, f"visitor {seed}")) for seed in (1, 2)]
    wait_until(lambda: all(job.state == "finished" for job in jobs))
    for job in jobs:
        training = job.request.training
        model, alone = build_model(MODEL, training.seed), RunSummary(few, training)
        for _ in alone.follow(train(model, few, training)):
            pass
        saved = load_checkpoint(queue.folder / f"{job.run}.safetensors")
        assert saved.curve == alone.curve.columns()
        for name, tensor in model.state_dict().items():
            assert torch.equal(saved.weights[name], tensor)


def test_a_paused_run_leaves_memory(tmp_path, few: SequenceData, monkeypatch):
    """Neither its network nor a copy of its weights stays; stopped then, its file says so."""
    networks = weakref.WeakSet()
    built = SequenceNetwork.__init__
    monkeypatch.setattr(SequenceNetwork, "__init__", lambda self, spec: (built(self, spec), networks.add(self))[0])
    queue = JobQueue(tmp_path, ROOMY)
    job = queue.submit(JobRequest(MODEL, LONG, few, "me"))
    wait_until(lambda: job.view().step > 3)
    job.steer("pause")
    wait_until(lambda: job.state == "paused")
    assert job.view().snapshot is None
    wait_until(lambda: gc.collect() >= 0 and not networks)
    step = job.view().step
    assert load_checkpoint(tmp_path / f"{job.run}.safetensors").step == step
    job.steer("stop")
    wait_until(lambda: job.state == "stopped")
    saved = load_checkpoint(tmp_path / f"{job.run}.safetensors")
    assert (saved.step, saved.status) == (step, "stopped")
