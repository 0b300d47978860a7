"""A worker process: `python -m seqviz.workers.process`. It is told over its standard input what to compute.

Messages are pickled tuples, both ways. To it: `("run", number, order)`, in which the order is `(work, args, kwargs)`,
pickled once more, and `(command, number)`. From it: `("ready", 0, pid)`, `("heard", number, command)`,
`("item", number, item)` and `("end", number, error)`. It ends when its standard input does, so that no worker outlives
its server.
"""

import gc
import os
import pickle
import queue
import signal
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import BinaryIO

from seqviz.workers.computation import Control
from seqviz.workers.inside import Outbox, compute
from seqviz.workers.memory import MEMORY_SPENT, give_back, hold_to

BRIEF = 1.0  # seconds; looking for garbage after less would take longer than the work, and there is little of it


class Worker:
    """Carries out one computation after another in the main thread, and listens in another."""

    def __init__(self, orders: BinaryIO, outbox: Outbox, memory: float) -> None:
        self._orders, self._outbox, self._memory = orders, outbox, memory
        self._runs: queue.SimpleQueue[tuple[int, bytes]] = queue.SimpleQueue()
        self._controls: dict[int, Control] = {}

    def work(self) -> None:
        threading.Thread(target=self._listen, name="orders", daemon=True).start()
        self._outbox.put("ready", 0, os.getpid())
        while True:
            number, order = self._runs.get()
            started = time.monotonic()
            put = partial(self._outbox.put, "item", number)
            error = compute(order, self._controls[number], put, self._memory)
            del self._controls[number], order
            if time.monotonic() - started > BRIEF:
                gc.collect()
                give_back()
            self._outbox.put("end", number, error)

    def _listen(self) -> None:
        while True:
            try:
                kind, number, *order = pickle.load(self._orders)
            except (EOFError, OSError):
                os._exit(0)  # the server has gone, or wants this worker to go
            except MemoryError:
                os._exit(MEMORY_SPENT)
            if kind == "run":
                self._controls[number] = Control()
                self._runs.put((number, *order))
            elif control := self._controls.get(number):
                self._outbox.put("heard", number, kind)
                control.take(kind)


def load_training() -> None:
    """Let a network of one unit make the first step, with all that it loads."""
    import torch

    from seqviz.data.batch import Batch
    from seqviz.data.datasets import SequenceData
    from seqviz.networks.build import build_model
    from seqviz.specs import ModelSpec, TrainSpec
    from seqviz.training.loop import train

    one = Batch(torch.zeros(1, 1, 1), torch.zeros(1, dtype=torch.long))
    model = build_model(ModelSpec.classifier("rnn", 1, input_size=1, num_classes=2))
    for _ in train(model, SequenceData("nothing", one, one), TrainSpec(epochs=1, batch_size=1, device="cpu")):
        pass


def main(threads: int, device: int, memory: float, niceness: int) -> None:
    """Load what computations need, then wait for them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the server, which stops its workers in its own way
    if hasattr(os, "nice"):
        os.nice(niceness)
    last_resort = Path("/proc/self/oom_score_adj")
    if last_resort.exists():
        last_resort.write_text("1000", encoding="ascii")  # when the machine runs out of memory, a worker goes first
    orders, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # what a library prints must not get between the messages

    import torch

    from seqviz.workers.uncompiled import leave_out_compiler

    torch.set_num_threads(threads)
    leave_out_compiler()
    load_training()
    if torch.cuda.is_available():
        torch.cuda.set_device(device % torch.cuda.device_count())
    gc.collect()
    gc.freeze()  # what is loaded by now stays: looking through it for garbage would take 0.1 s after each computation
    hold_to(memory)

    def send(messages: list[bytes]) -> None:
        try:
            answers.writelines(messages)
            answers.flush()
        except MemoryError:
            os._exit(MEMORY_SPENT)

    Worker(orders, Outbox(send), memory).work()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
