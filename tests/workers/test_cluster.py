"""The same on a Dask cluster: a real scheduler and two workers on this machine, one of which is killed."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from seqviz.errors import OutOfMemory, SpecError, WorkerLost
from seqviz.jobs.jobs import JobRequest
from seqviz.jobs.queue import JobQueue
from seqviz.workers import server
from seqviz.workers.cluster import ClusterWorkers
from tests.waiting import wait_until
from tests.workers import works
from tests.workers.test_jobs_in_processes import MODEL, ROOMY, SPEC, assert_as_alone

pytestmark = pytest.mark.filterwarnings("default::ResourceWarning", "default::DeprecationWarning")


def start_scheduler(project: Path, address: str = "") -> tuple[str, subprocess.Popen]:
    """A scheduler at this address, or at a free one."""
    if not address:
        with socket.create_server(("127.0.0.1", 0)) as free:
            address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    options = ["--host", "127.0.0.1", "--port", address.rpartition(":")[2], "--no-dashboard"]
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", *options]
    return address, subprocess.Popen(command, cwd=project, stderr=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def scheduler(project: Path) -> Iterator[str]:
    address, process = start_scheduler(project)
    yield address
    process.terminate()
    process.wait()


@pytest.fixture
def worker(scheduler: str, project: Path, tmp_path: Path) -> Iterator[subprocess.Popen]:
    """One that is there from the first test to the last would be killed by some of them."""
    process = dask_worker(scheduler, project, tmp_path)
    yield process
    process.kill()
    process.wait()


def dask_worker(scheduler: str, project: Path, folder: Path) -> subprocess.Popen:
    options = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(folder)]
    command = [sys.executable, "-m", "distributed.cli.dask_worker", scheduler, *options]
    environment = {**os.environ, "PYTHONPATH": str(project)}
    return subprocess.Popen(command, cwd=project, env=environment, stderr=subprocess.DEVNULL)


@pytest.fixture
def workers(scheduler: str, worker: subprocess.Popen) -> Iterator[ClusterWorkers]:
    workers = ClusterWorkers(scheduler, 5e8).start()
    wait_until(lambda: workers.places == 1)
    yield workers
    workers.shutdown()


def test_eight_runs_spread_and_finish_as_alone_though_a_worker_is_killed(
    scheduler, worker, workers, project, tmp_path, few
):
    second = dask_worker(scheduler, project, tmp_path)
    wait_until(lambda: workers.places == 2)
    queue = JobQueue(tmp_path / "runs", ROOMY, workers=workers)
    try:
        jobs = [queue.submit(JobRequest(MODEL, replace(SPEC, seed=seed), few, f"visitor {seed}")) for seed in range(8)]
        wait_until(lambda: sum(job.state == "running" for job in jobs) == 2)
        wait_until(lambda: sum(job.view().step for job in jobs) > 60)
        os.kill(second.pid, signal.SIGKILL)
        wait_until(lambda: all(job.ended for job in jobs))
        assert workers.places == 1
        for job in jobs:
            assert_as_alone(job, queue.folder, threads=1)
    finally:
        second.kill()
        second.wait()
        queue.shutdown()


def test_commands_errors_and_bounds_are_those_of_local_workers(workers, worker):
    computation = workers.submit(works.until_told)
    items = computation.items()
    assert next(items) == 0
    computation.tell("snapshot")
    assert next(items) == 1
    computation.tell("stop")
    assert list(items) == [2]
    assert computation.heard == ["snapshot", "stop"]
    assert list(workers.submit(works.count, 1000).items()) == list(range(1000))
    with pytest.raises(SpecError) as caught:
        list(workers.submit(works.refuses).items())
    assert caught.value.problems == ("units is 0", "layers is 9")
    with pytest.raises(OutOfMemory):
        list(workers.submit(works.allocates_often).items())
    worker.wait()
    wait_until(lambda: workers.places == 0)


def test_what_does_not_stop_within_a_second_loses_its_worker(workers, worker):
    computation = workers.submit(works.deaf)
    assert next(computation.items()) == worker.pid
    computation.stop()
    with pytest.raises(WorkerLost):
        next(computation.items())
    worker.wait()


def test_long_work_keeps_its_place_and_can_be_stopped(workers, tmp_path):
    queue = JobQueue(tmp_path / "runs", ROOMY, workers=workers)
    endless = queue.begin("endless", "one", works.endless)
    wait_until(lambda: endless.progress > 0)
    waits = queue.begin("squares", "two", partial(works.squares, 20))
    endless.stop()
    wait_until(lambda: waits.ended)
    assert (endless.state, waits.state, len(waits.result)) == ("stopped", "finished", 20)
    queue.shutdown()


def test_an_address_that_is_none_is_said_before_the_server_starts():
    with pytest.raises(SpecError, match="SEQVIZ_SCHEDULER is 'localhost'; set it to an address"):
        server.scheduler_of_environment({"SEQVIZ_SCHEDULER": "localhost"})
    assert server.scheduler_of_environment({"SEQVIZ_SCHEDULER": " tls://host:8786"}) == "tls://host:8786"


def test_a_scheduler_that_goes_and_comes_back(project, tmp_path):
    """What it was computing is lost, and said to be; then its workers are used again."""
    address, scheduler = start_scheduler(project)
    processes = [scheduler, dask_worker(address, project, tmp_path)]
    workers = ClusterWorkers(address, 5e8).start()
    try:
        wait_until(lambda: workers.places == 1)
        computation = workers.submit(works.deaf)
        next(computation.items())
        scheduler.kill()
        with pytest.raises(WorkerLost):
            next(computation.items())
        wait_until(lambda: workers.places == 0)
        processes[1].kill()
        processes += [start_scheduler(project, address)[1], dask_worker(address, project, tmp_path)]
        assert list(workers.submit(works.count, 3).items()) == [0, 1, 2]
    finally:
        for process in processes:
            process.kill()
            process.wait()
        workers.shutdown()
