"""Worker processes on this machine, which talk over pipes.

They are plain `python -m` subprocesses: `multiprocessing` would run the page again in each child, because after a rerun
`__main__` is the page.
"""

import itertools
import logging
import os
import pickle
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from seqviz.errors import OutOfMemory, WorkerLost
from seqviz.machine import cores
from seqviz.workers.computation import Command, Computation, Work, Workers
from seqviz.workers.memory import MEMORY_SPENT
from seqviz.workers.remote import RemoteComputation

PACKAGES = Path(__file__).parents[2]
SPINS = "2000"
"""How long a thread of OpenMP spins while it waits for another.

Measured on two cores, steps a second of an LSTM 2×256, an LSTM 128 and a GRU 32: with libgomp's own 300,000, 21, 164
and 180, but 0.7, 1 and 1 beside one busy process of higher priority, which has the other thread's core; with 2,000, 20,
138 and 151, and 8, 30 and 33.
"""
LEAVE = 5.0  # seconds that a worker has to leave by itself
KILLED_BY_KERNEL = Path("/proc/vmstat")


class LocalWorkers(Workers):
    """`places` workers wait for work, each with its share of the cores and `memory` bytes beyond what an idle one has.

    They are nicer than the server, which must answer. A computation that is held keeps its worker, and another is
    started in its place.
    """

    def __init__(self, places: int, memory: float, niceness: int = 10, threads: int | None = None) -> None:
        self._places, self._memory, self._niceness = places, memory, niceness
        self.threads = threads or max(1, cores() // places)
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []
        self._all: set[_Worker] = set()
        self._closed = False
        self._numbers = itertools.count()

    @property
    def places(self) -> int:
        return self._places

    def start(self) -> "LocalWorkers":
        """Start the processes; returns at once."""
        with self._lock:
            self._idle += [self._new() for _ in range(self.places)]
        return self

    def submit(self, fn: Work, /, *args: Any, **kwargs: Any) -> Computation:  # type: ignore[override]
        """Give this to a worker that waits, or to a new one.

        Raises:
            WorkerLost: the executor has been shut down.
            PicklingError: it cannot be sent to another process.
        """
        from seqviz.workers.pickling import dumps  # with PyTorch, which comes after the workers have been started

        order = dumps((fn, args, kwargs))
        with self._lock:
            if self._closed:
                raise WorkerLost("The server is going down; nothing new begins.")
            self._idle = [worker for worker in self._idle if worker.alive]
            worker = self._idle.pop() if self._idle else self._new()
        computation = _Remote(next(self._numbers), worker)
        computation.add_done_callback(lambda _: self._take_back(worker))
        worker.begin(computation, order)
        return computation

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End all workers; what they compute is lost."""
        with self._lock:
            self._closed = True
            workers = list(self._all)
        for worker in workers:
            worker.dismiss()
        for worker in workers if wait else ():
            worker.join()

    def processes(self) -> list[int]:
        """The process ids of all workers."""
        with self._lock:
            return [worker.process.pid for worker in self._all if worker.alive]

    def _new(self) -> "_Worker":
        self._all = {worker for worker in self._all if worker.alive}
        taken = {worker.device for worker in self._all}
        device = next(number for number in itertools.count() if number not in taken)
        self._all.add(worker := _Worker(self.threads, device, self._memory, self._niceness))
        return worker

    def _take_back(self, worker: "_Worker") -> None:
        """A computation is over: its worker waits for the next, unless enough do."""
        with self._lock:
            if self._closed:
                return
            if not worker.alive and len(self._idle) < self.places:
                worker = self._new()
            if len(self._idle) < self.places:
                self._idle.append(worker)
                return
        worker.dismiss()


class _Worker:
    """One process, and the thread that takes in what it says."""

    def __init__(self, threads: int, device: int, memory: float, niceness: int) -> None:
        numbers = map(str, (threads, device, memory, niceness))
        command = [sys.executable, "-m", "seqviz.workers.process", *numbers]
        paths = [str(PACKAGES), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "PYTHONPATH": os.pathsep.join(paths)}
        environment.setdefault("GOMP_SPINCOUNT", SPINS)
        self.device, self.memory = device, memory
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        self._computation: _Remote | None = None
        self._writing = threading.Lock()
        self._dismissed = self._killed = False
        self._spent_before = _killed_for_memory()
        self._reader = threading.Thread(target=self._read, name=f"worker {self.process.pid}", daemon=True)
        self._reader.start()

    @property
    def alive(self) -> bool:
        return not self._dismissed and self.process.poll() is None

    def begin(self, computation: "_Remote", order: bytes) -> None:
        self._computation, self._spent_before = computation, _killed_for_memory()
        self._write(pickle.dumps(("run", computation.number, order)))
        if not self.alive:
            self._end_of_process()

    def tell(self, number: int, command: Command) -> None:
        self._write(pickle.dumps((command, number)))

    def kill(self) -> None:
        self._killed = True
        self.process.kill()

    def dismiss(self) -> None:
        """Let it go: it ends when nobody writes to it any more."""
        self._dismissed = True
        self._close_input()

    def join(self) -> None:
        try:
            self.process.wait(LEAVE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._reader.join(LEAVE)

    def _close_input(self) -> None:
        with self._writing:
            _close(self.process.stdin)

    def _write(self, message: bytes) -> None:
        stream = self.process.stdin
        assert stream
        with suppress(OSError, ValueError), self._writing:  # it has gone; its reader says so
            stream.write(message)
            stream.flush()

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream
        try:
            while True:
                kind, number, what = pickle.load(stream)
                if self._computation and self._computation.number == number:
                    self._computation.take(kind, what)
        except (EOFError, OSError, pickle.UnpicklingError):  # it has gone, perhaps in the middle of a message
            pass
        except Exception:
            logging.getLogger(__name__).exception("a worker said what cannot be understood")
            self.process.kill()
        self.process.wait()
        _close(stream)
        self._close_input()
        self._end_of_process()

    def _end_of_process(self) -> None:
        if self._computation:
            self._computation.finish(self._why_it_ended())

    def _why_it_ended(self) -> OutOfMemory | WorkerLost:
        """Its memory was at an end (by its own bound, or the machine's), or something else."""
        ended = self.process.returncode
        by_kernel = ended == -9 and not self._killed and _killed_for_memory() > self._spent_before
        if ended == MEMORY_SPENT or by_kernel:
            return OutOfMemory(self.memory)
        return WorkerLost("The process that computed this ended without a word.")


class _Remote(RemoteComputation):
    """A computation in a worker process."""

    def __init__(self, number: int, worker: _Worker) -> None:
        super().__init__()
        self.number, self._worker = number, worker

    def tell(self, command: Command) -> None:
        if not self.over:
            self._worker.tell(self.number, command)

    def end_process(self) -> None:
        self._worker.kill()


def _killed_for_memory() -> int:
    """How many processes the kernel has ended for want of memory since it started (Linux)."""
    try:
        lines = KILLED_BY_KERNEL.read_text(encoding="ascii").splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))
    except OSError:
        return 0


def _close(stream: Any) -> None:
    with suppress(OSError):  # what was still to be written has nobody to read it
        stream.close()
