"""Worker processes of this machine: real ones, which are killed and starved."""

import gc
import os
import pickle
import signal
import subprocess
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from seqviz.errors import OutOfMemory, SeqVizError, SpecError, WorkerLost
from seqviz.jobs.orders import TrainingOrder, carry_out
from seqviz.networks.build import build_model
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.training.events import RunEnded, StepCompleted
from seqviz.training.loop import train
from seqviz.workers.computation import CallingThread
from seqviz.workers.local import LocalWorkers
from tests.waiting import wait_until
from tests.workers import works


@pytest.fixture(scope="module")
def workers() -> Iterator[LocalWorkers]:
    workers = LocalWorkers(1, 4e8, niceness=0).start()
    yield workers
    workers.shutdown()


def alive(process: int) -> bool:
    """Whether there is such a process that has not ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_what_the_work_yields_arrives_in_order(workers):
    computation = workers.submit(works.count, 1000)
    assert list(computation.items()) == list(range(1000))
    assert computation.result(0) is None
    before = workers.processes()
    assert list(workers.submit(works.count, 2).items()) == [0, 1]
    assert workers.processes() == before, "the same process, for it has nothing else to do"


def test_what_it_is_told_is_heard_and_takes_effect(workers):
    computation = workers.submit(works.until_told)
    items = computation.items()
    assert next(items) == 0
    computation.tell("snapshot")
    assert next(items) == 1
    computation.tell("stop")
    assert next(items) == 2
    assert list(items) == []
    assert computation.heard == ["snapshot", "stop"]


def test_what_does_not_stop_within_a_second_loses_its_process(workers):
    computation = workers.submit(works.deaf)
    process = next(computation.items())
    computation.stop()
    with pytest.raises(WorkerLost):
        next(computation.items())
    assert not alive(process)
    assert list(workers.submit(works.count, 1).items()) == [0], "another has taken its place"


@pytest.mark.parametrize("work", [works.allocates_much, works.allocates_often], ids=lambda work: work.__name__)
def test_memory_has_a_bound_at_each_allocation_and_between_them(workers, work):
    computation = workers.submit(work)
    with pytest.raises(OutOfMemory, match=r"more than 0\.4 GB of memory.*make it smaller"):
        list(computation.items())
    assert isinstance(computation.exception(0), OutOfMemory)


def test_a_process_that_dies_takes_nothing_with_it(workers):
    with pytest.raises(WorkerLost):
        list(workers.submit(works.dies).items())
    assert list(workers.submit(works.count, 1).items()) == [0]


def test_errors_arrive_as_they_were_raised(workers):
    with pytest.raises(SpecError) as caught:
        list(workers.submit(works.refuses).items())
    assert caught.value.problems == ("units is 0", "layers is 9")
    for work in (works.fails, works.yields_what_cannot_be_sent):
        with pytest.raises(SeqVizError, match="a reason that SeqViz did not foresee"):
            list(workers.submit(work).items())


def test_what_cannot_be_sent_is_refused_before_it_begins(workers):
    with pytest.raises((pickle.PicklingError, AttributeError)):
        workers.submit(lambda _: iter(()))


def test_what_a_library_prints_does_not_get_between(workers):
    assert list(workers.submit(works.prints).items()) == [1]


def test_each_worker_has_its_share_of_the_cores(workers, monkeypatch):
    monkeypatch.setattr("seqviz.workers.local.cores", lambda: 6)
    for places, share in ((1, 6), (4, 1)):
        others = LocalWorkers(places, 1e9, niceness=0)
        assert list(others.submit(works.threads).items()) == [share]
        others.shutdown()


def test_the_compiler_is_loaded_only_for_what_needs_it():
    others = LocalWorkers(1, 1e9, niceness=0)
    assert list(others.submit(works.loads_compiler).items()) == [(False, 0.0), (True, 0.0)]
    others.shutdown()


def test_no_worker_outlives_a_server_that_was_killed(project):
    script = """
from seqviz.workers.local import LocalWorkers
from tests.workers import works
if __name__ == "__main__":
    workers = LocalWorkers(2, 1e9, niceness=0).start()
    busy = workers.submit(works.deaf)
    print(next(busy.items()), *workers.processes(), flush=True)
    input()
"""
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, cwd=project, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        processes = [int(number) for number in server.stdout.readline().split()]
        assert all(map(alive, processes))
        server.kill()
    wait_until(lambda: not any(map(alive, processes)))


def test_the_events_of_a_run_are_those_of_a_bare_loop(workers, few):
    """Number for number; only the speed differs."""
    model, spec = ModelSpec.classifier("lstm", 8, dropout=0.2, num_layers=2), TrainSpec(2, 16, seed=4, device="cpu")
    order = TrainingOrder(model, few, spec, kept=frozenset({0, 3}))
    remote = list(workers.submit(carry_out, order).items())
    ours = list(CallingThread().submit(carry_out, order).items())
    assert [type(event) for event in remote] == [type(event) for event in ours]
    torch.set_num_threads(workers.threads)
    bare = list(train(build_model(model, spec.seed), few, spec))
    steps = [event for event in remote if isinstance(event, StepCompleted)]
    expected = [event for event in bare if isinstance(event, StepCompleted)]
    assert [(step.loss, step.gradient_norm, step.metrics) for step in steps] == [
        (step.loss, step.gradient_norm, step.metrics) for step in expected
    ]
    assert remote[-1] == bare[-1]
    assert isinstance(remote[-1], RunEnded)


def test_work_in_the_calling_thread_leaves_nothing_behind(few):
    computation = CallingThread().submit(works.count, 3)
    assert next(computation.items()) == 0
    computation.end()
    assert computation.done()
    gone = weakref.ref(computation)
    del computation
    gc.collect()
    assert gone() is None


def test_ctrl_c_is_for_the_server(workers):
    computation = workers.submit(works.until_told)
    next(computation.items())
    os.kill(workers.processes()[0], signal.SIGINT)
    computation.tell("snapshot")
    assert next(computation.items()) == 1
    computation.end()
