"""Worker processes: how soon they begin, answer and obey, and what they cost while they wait."""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.report import Figure
from seqviz.data.datasets import load_dataset
from seqviz.jobs.jobs import JobRequest
from seqviz.jobs.queue import JobQueue
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.workers.local import LocalWorkers
from tests.waiting import wait_until
from tests.workers import works

ROUNDS = 10
IDLE_SECONDS = 20.0


def beside_a_server() -> list[Figure]:
    """Everything of one worker that has begun and waits."""
    workers = LocalWorkers(1, 8e9).start()
    try:
        list(workers.submit(works.count, 1).items())  # it has begun
        cost, memory = _waiting(workers)
        with tempfile.TemporaryDirectory() as folder:
            first, paused = zip(*(_first_event_and_pause(workers, Path(folder)) for _ in range(ROUNDS)), strict=True)
        lag, heard = _lag(workers), _heard(workers)
    finally:
        workers.shutdown()
    return [
        Figure("first step after Start", *_milliseconds(first), 300.0, at_least=False),
        Figure("an event on its way", *_milliseconds(lag), 100.0, at_least=False),
        Figure("a command until it is heard", *_milliseconds(heard), 200.0, at_least=False),
        Figure("from Pause to the checkpoint", *_milliseconds(paused), 1000.0, at_least=False),
        Figure("a worker that waits", cost, "of a core", f"over {IDLE_SECONDS:.0f} s", 0.01, at_least=False),
        Figure("a worker that waits", memory, "MB", "its share of what lies in memory", 250.0, at_least=False),
    ]


def _milliseconds(seconds: tuple[float, ...]) -> tuple[float, str, str]:
    return max(seconds) * 1e3, "ms", f"median {statistics.median(seconds) * 1e3:.0f} ms; the slowest of {len(seconds)}"


def _waiting(workers: LocalWorkers) -> tuple[float, float]:
    """Its share of a core, and its megabytes, of which it pays its part where processes share them (Linux's Pss)."""
    process = Path(f"/proc/{workers.processes()[0]}")

    def computed() -> float:
        numbers = (process / "stat").read_text().rpartition(")")[2].split()
        return (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")

    before = computed()
    time.sleep(IDLE_SECONDS)
    lines = (process / "smaps_rollup").read_text().splitlines()
    kibibytes = next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return (computed() - before) / IDLE_SECONDS, kibibytes * 1024 / 1e6


def _first_event_and_pause(workers: LocalWorkers, folder: Path) -> tuple[float, float]:
    """A run of the digits: until its first step is seen, and from a pause until its checkpoint is written."""
    queue = JobQueue(folder, workers=workers)
    request = JobRequest(ModelSpec.classifier("lstm", 64), TrainSpec(epochs=100), load_dataset("digits"), "benchmark")
    started = time.perf_counter()
    job = queue.submit(request)
    first = _until(lambda: job.view().step > 0, started)
    started = time.perf_counter()
    job.steer("pause")
    paused = _until(lambda: job.state == "paused", started)
    queue.shutdown()
    return first, paused


def _until(state: Callable[[], bool], started: float) -> float:
    wait_until(state)
    return time.perf_counter() - started


def _lag(workers: LocalWorkers) -> tuple[float, ...]:
    """Seconds from the worker's clock, which is this machine's, to here."""
    return tuple(time.time() - sent for sent in workers.submit(works.clock, 200).items())


def _heard(workers: LocalWorkers) -> tuple[float, ...]:
    """Seconds until the worker has said that it heard, while it computes."""
    computation, seconds = workers.submit(works.until_told), []
    next(computation.items())
    for number in range(1, ROUNDS + 1):
        started = time.perf_counter()
        computation.tell("snapshot")
        seconds.append(_until(lambda number=number: len(computation.heard) >= number, started))
    computation.end()
    return tuple(seconds)
