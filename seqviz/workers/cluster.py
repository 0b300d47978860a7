"""A Dask cluster as workers: `SEQVIZ_SCHEDULER=tls://…` or `tcp://…` (`requirements-cluster.txt`).

Each worker of the cluster carries out one computation at a time, so that none stands in the way of another. Events come
back over a topic of the scheduler, commands go out over a second one. What a worker needs is this package, of the same
version; nothing is read from its disk or written to it.
"""

import itertools
import logging
import os
import pickle
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import distributed
import torch
from distributed.client import ClosedClientError

from seqviz.errors import OutOfMemory, WorkerLost
from seqviz.workers.computation import Command, Computation, Control, Work, Workers
from seqviz.workers.inside import Outbox, compute
from seqviz.workers.memory import MEMORY_SPENT, watch
from seqviz.workers.pickling import dumps
from seqviz.workers.remote import RemoteComputation

LOOK_EVERY = 0.5  # seconds between two looks at which workers are there
ANSWERS_WITHIN = 5.0  # seconds
LAST_WORD = 0.5  # seconds that a message has to leave before its process ends
GONE = (OSError, TimeoutError, RuntimeError, ValueError, ClosedClientError)
"""What Dask raises where a scheduler is not there yet, or not any more."""


class ClusterWorkers(Workers):
    """The workers of a cluster, as many as there are at the moment; `memory` is what one computation may take.

    A computation that is held keeps its worker, so none is.
    """

    can_hold = False

    def __init__(self, scheduler: str, memory: float) -> None:
        self.scheduler, self._memory = scheduler, memory
        self._client: distributed.Client | None = None
        self._there: frozenset[str] = frozenset()
        self._busy: dict[str, _OnCluster] = {}
        self._waiting: list[_OnCluster] = []
        self._lock, self._closed = threading.Lock(), threading.Event()
        self._ended: list[str] = []  # topics whose messages the scheduler may forget
        self._changed: Callable[[], None] = lambda: None
        self._watch = threading.Thread(target=self._look, name="cluster", daemon=True)

    def start(self) -> "ClusterWorkers":
        """Connect, and keep an eye on who is there; returns at once."""
        self._watch.start()
        return self

    @property
    def places(self) -> int:
        return len(self._there)

    def when_places_change(self, call: Callable[[], None]) -> None:
        self._changed = call

    def submit(self, fn: Work, /, *args: Any, **kwargs: Any) -> Computation:  # type: ignore[override]
        """Give this to a worker that has nothing to do, now or as soon as there is one.

        Raises:
            PicklingError: it cannot be sent to another process.
        """
        order = dumps((fn, args, kwargs))
        computation = _OnCluster(order, self._memory)
        computation.add_done_callback(lambda _: self._take_back(computation))
        with self._lock:
            self._waiting.append(computation)
        self._assign()
        return computation

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave the cluster; what it still computes for this server is stopped."""
        self._closed.set()
        for computation in [*self._busy.values(), *self._waiting]:
            computation.tell("stop")
        if wait and self._watch.ident:
            self._watch.join(ANSWERS_WITHIN)

    def _look(self) -> None:
        while not self._closed.is_set():
            try:
                self._look_once()
            except GONE as error:
                logging.getLogger(__name__).warning("the cluster at %s does not answer: %s", self.scheduler, error)
                self._leave()
            self._closed.wait(LOOK_EVERY)
        self._leave()

    def _look_once(self) -> None:
        if self._client is None:
            self._client = distributed.Client(self.scheduler, timeout=ANSWERS_WITHIN, set_as_default=False)
        before, self._there = self._there, frozenset(self._client.nthreads())
        for address, computation in list(self._busy.items()):
            if address not in self._there:
                computation.lose()
        if self._there != before:
            self._assign()
            self._changed()
        topics = [computation.topic for computation in self._busy.values()]
        while self._ended:
            topics.append(self._ended.pop())
        if topics:
            self._client.run_on_scheduler(forget, topics)

    def _leave(self) -> None:
        """Without the scheduler nothing more is heard of what was begun; the next look connects anew."""
        client, self._client, self._there = self._client, None, frozenset()
        for computation in list(self._busy.values()):
            computation.lose()
        if client is not None:
            client.close(timeout=ANSWERS_WITHIN)
        self._changed()

    def _assign(self) -> None:
        """Give those that wait to workers that do."""
        with self._lock:
            free = sorted(self._there - set(self._busy))
            begun = list(zip(free, self._waiting, strict=False))
            self._busy.update(begun)
            self._waiting = self._waiting[len(begun) :]
        for address, computation in begun:
            assert self._client
            computation.begin(self._client, address)

    def _take_back(self, computation: "_OnCluster") -> None:
        computation.leave()
        self._ended += computation.topic, f"{computation.topic} commands"
        with self._lock:
            self._busy = {address: other for address, other in self._busy.items() if other is not computation}
            self._waiting = [other for other in self._waiting if other is not computation]
        self._assign()


class _OnCluster(RemoteComputation):
    """A computation that one worker of the cluster carries out, once it has been given to it."""

    def __init__(self, order: bytes, memory: float) -> None:
        super().__init__()
        self.topic = f"seqviz {uuid.uuid4().hex}"
        self._order, self._memory = order, memory
        self._client: distributed.Client | None = None
        self._address = ""
        self._early: list[Command] = []  # what it was told before a worker had it
        self._numbers, self._telling = itertools.count(), threading.Lock()
        self._work: Any = None

    def begin(self, client: distributed.Client, address: str) -> None:
        client.subscribe_topic(self.topic, self._hear)
        with self._telling:
            self._client, self._address = client, address
        arguments = self._order, self.topic, self._memory, tuple(self._early)
        self._work = client.submit(compute_here, *arguments, workers=[address], pure=False)
        self._order = b""
        self._work.add_done_callback(self._returned)

    def tell(self, command: Command) -> None:
        with self._telling:
            if self._client is None:
                self._early.append(command)
                return
        if not self.over:
            with suppress(*GONE):  # which the next look finds
                self._client.log_event(f"{self.topic} commands", (next(self._numbers), command))

    def lose(self) -> None:
        """The worker is gone, or nobody can hear it."""
        self.finish(WorkerLost("The worker of the cluster that computed this has gone."))

    def end_process(self) -> None:
        if self._client is not None:
            with suppress(*GONE):
                self._client.run(os._exit, 1, workers=[self._address], on_error="ignore")
        self.lose()

    def leave(self) -> None:
        """It is over: listen no more, and let the cluster forget the work."""
        if self._client is not None:
            with suppress(*GONE):
                self._client.unsubscribe_topic(self.topic)
        self._work = None

    def _hear(self, event: tuple[float, list[bytes]]) -> None:
        for message in event[1]:
            self.take(*pickle.loads(message))

    def _returned(self, work: Any) -> None:
        """The function itself is over: its last message is on its way, unless something else broke off."""
        grace = threading.Timer(0.0 if work.status == "error" else ANSWERS_WITHIN, self.lose)
        grace.daemon = True
        grace.start()


def forget(topics: Sequence[str], dask_scheduler: Any) -> None:
    """On the scheduler, which would keep the last thousand messages of each topic: forget what was passed on."""
    for topic in topics:
        dask_scheduler._broker.truncate(topic)


def compute_here(order: bytes, topic: str, memory: float, told: Iterable[Command]) -> None:
    """On a worker: compute, and say what comes of it. `told` is what was said before it had the work."""
    worker = distributed.get_worker()
    torch.set_num_threads(worker.state.nthreads)
    outbox = Outbox(lambda messages: worker.log_event(topic, messages))
    control, seen = Control(), set[int]()
    for command in told:
        control.take(command)

    def hear(event: tuple[float, tuple[int, Command]]) -> None:
        number, command = event[1]
        if number not in seen:
            seen.add(number)
            outbox.put("heard", command)
            control.take(command)

    def leave_the_machine_its_memory() -> None:
        outbox.put("end", OutOfMemory(memory))
        outbox.close()
        time.sleep(LAST_WORD)
        os._exit(MEMORY_SPENT)

    client, over = distributed.get_client(), threading.Event()
    client.subscribe_topic(f"{topic} commands", hear)
    for event in client.get_events(f"{topic} commands"):  # what was said before this listened
        hear(event)
    watch(memory, leave_the_machine_its_memory, over)
    try:
        outbox.put("end", compute(order, control, partial(outbox.put, "item"), memory))
    finally:
        over.set()
        outbox.close()
        client.unsubscribe_topic(f"{topic} commands")
