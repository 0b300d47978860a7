"""A Dask cluster as workers: `SEQVIZ_SCHEDULER=tls://…` or `tcp://…` (extra `cluster`).

Each worker of the cluster carries out one computation at a time, so that none stands in the way of another. Events come
back over a topic of the scheduler, commands go out over a second one. What a worker needs is this package, of the same
version; nothing is read from its disk or written to it.
"""

import itertools
import logging
import os
import pickle
import queue
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

import distributed
import torch
from distributed.client import ClosedClientError

from seqviz.errors import OutOfMemory, SeqVizError, WorkerLost
from seqviz.workers.computation import PATIENCE, UNFORESEEN, Command, Computation, Control, Work, Workers
from seqviz.workers.memory import LOOK_EVERY as LOOK_AT_MEMORY_EVERY
from seqviz.workers.memory import MEMORY_SPENT, is_want_of_memory, resident

LOOK_EVERY = 0.5  # seconds between two looks at which workers are there
ANSWERS_WITHIN = 5.0  # seconds
SEND_EVERY = 0.02  # seconds for which events wait for each other
LAST_WORD = 0.5  # seconds that a message has to leave before its process ends
GONE = (OSError, TimeoutError, RuntimeError, ValueError, ClosedClientError)
"""What Dask raises where a scheduler is not there yet, or not any more."""
LARGE = 100_000  # bytes of a message that the scheduler should not remember


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
        self._stale: set[str] = set()  # topics whose messages the scheduler should forget
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
        order = pickle.dumps((fn, args, kwargs), pickle.HIGHEST_PROTOCOL)
        computation = _OnCluster(order, self._memory, self._stale.add)
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
        while self._stale:
            self._client.run_on_scheduler(forget, self._stale.pop())

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
        with self._lock:
            self._busy = {address: other for address, other in self._busy.items() if other is not computation}
            self._waiting = [other for other in self._waiting if other is not computation]
        self._assign()


class _OnCluster(Computation):
    """A computation that one worker of the cluster carries out."""

    def __init__(self, order: bytes, memory: float, forget: Callable[[str], None]) -> None:
        super().__init__()
        self._order, self._memory, self._forget = order, memory, forget
        self._client: distributed.Client | None = None  # once a worker has it
        self._address = ""
        self._early: list[Command] = []  # what it was told before that
        self._topic = f"seqviz {uuid.uuid4().hex}"
        self._arrived: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._numbers = itertools.count()
        self.heard: list[Command] = []  # what the worker has taken in
        self._over, self._ending = threading.Event(), threading.Lock()
        self._items = self._follow()
        self.set_running_or_notify_cancel()

    def begin(self, client: distributed.Client, address: str) -> None:
        client.subscribe_topic(self._topic, self._take)
        with self._ending:
            self._client, self._address = client, address
        arguments = self._order, self._topic, self._memory, tuple(self._early)
        self._work: Any = client.submit(carry_out, *arguments, workers=[address], pure=False)
        self._order = b""
        self._work.add_done_callback(self._returned)

    def _returned(self, work: Any) -> None:
        """The function itself is over: its last message is on its way, unless something else broke off."""
        grace = threading.Timer(0.0 if work.status == "error" else ANSWERS_WITHIN, self.lose)
        grace.daemon = True
        grace.start()

    def items(self) -> Iterator[Any]:
        return self._items

    def tell(self, command: Command) -> None:
        with self._ending:
            if self._client is None:
                self._early.append(command)
                return
        if not self._over.is_set():
            with suppress(*GONE):  # which the next look finds
                self._client.log_event(f"{self._topic} commands", (next(self._numbers), command))

    def stop(self) -> None:
        if not self._over.is_set():
            self.tell("stop")
            timer = threading.Timer(PATIENCE, self._end_process)
            timer.daemon = True
            timer.start()

    def end(self) -> None:
        self.stop()
        self._over.wait()

    def lose(self) -> None:
        """The worker is gone, or nobody can hear it."""
        self._finish(WorkerLost("The worker of the cluster that computed this has gone."))

    def _take(self, event: tuple[float, list[bytes]]) -> None:
        """Messages of the worker."""
        if sum(map(len, event[1])) > LARGE:
            self._forget(self._topic)
        for message in event[1]:
            kind, what = pickle.loads(message)
            if kind == "heard":
                self.heard.append(what)
            elif kind == "item":
                self._arrived.put((kind, what))
            else:
                self._finish(what)

    def _finish(self, error: Exception | None) -> None:
        with self._ending:
            if self._over.is_set():
                return
            self._over.set()
        self._arrived.put(("end", error))
        if self._client is not None:
            with suppress(*GONE):
                self._client.unsubscribe_topic(self._topic)
            self._forget(self._topic)
            self._work = None
        if error is None:
            self.set_result(None)
        else:
            self.set_exception(error)

    def _end_process(self) -> None:
        if self._over.is_set():
            return
        if self._client is not None:
            with suppress(*GONE):
                self._client.run(os._exit, 1, workers=[self._address], on_error="ignore")
        self.lose()

    def _follow(self) -> Iterator[Any]:
        while True:
            kind, what = self._arrived.get()
            if kind == "item":
                yield what
            elif what is None:
                return
            else:
                raise what


def forget(topic: str, dask_scheduler: Any) -> None:
    """On the scheduler: forget what was said."""
    for name in (topic, f"{topic} commands"):
        dask_scheduler._broker.truncate(name)


def carry_out(order: bytes, topic: str, memory: float, told: Iterable[Command]) -> None:
    """On a worker: compute, and say what comes of it. `told` is what was said before it had the work."""
    worker = distributed.get_worker()
    torch.set_num_threads(worker.state.nthreads)
    outbox = _Outbox(lambda messages: worker.log_event(topic, messages))
    control, seen = Control(), set[int]()

    def take(event: tuple[float, tuple[int, Command]]) -> None:
        number, command = event[1]
        if number not in seen:
            seen.add(number)
            outbox.put("heard", command)
            control.take(command)

    for command in told:
        control.take(command)
    client = distributed.get_client()
    client.subscribe_topic(f"{topic} commands", take)
    for event in client.get_events(f"{topic} commands"):  # what was said before this listened
        take(event)
    over = threading.Event()
    threading.Thread(target=_watch_memory, args=(memory, outbox, over), name="memory", daemon=True).start()
    try:
        outbox.put("end", _compute(order, control, outbox, memory))
    finally:
        over.set()
        outbox.close()
        client.unsubscribe_topic(f"{topic} commands")


def _compute(order: bytes, control: Control, outbox: "_Outbox", memory: float) -> Exception | None:
    try:
        work, args, kwargs = pickle.loads(order)
        for item in work(control, *args, **kwargs):
            outbox.put("item", item)
    except SeqVizError as error:
        return error.with_traceback(None)
    except Exception as error:
        if is_want_of_memory(error):
            return OutOfMemory(memory)
        logging.getLogger(__name__).exception("a computation broke off")
        return SeqVizError(UNFORESEEN)
    return None


def _watch_memory(more: float, outbox: "_Outbox", over: threading.Event) -> None:
    """A process that has taken so much more than it had says so and ends, before the machine is full."""
    most = resident() + more
    while not over.wait(LOOK_AT_MEMORY_EVERY):
        if resident() > most:
            outbox.put("end", OutOfMemory(more))
            outbox.close()
            time.sleep(LAST_WORD)
            os._exit(MEMORY_SPENT)


class _Outbox:
    """What a worker has to say, gathered for a moment, in the order in which it was put in."""

    def __init__(self, send: Callable[[list[bytes]], None]) -> None:
        self._send, self._waiting = send, list[bytes]()
        self._lock, self._closed = threading.Lock(), threading.Event()
        threading.Thread(target=self._send_all, name="outbox", daemon=True).start()

    def put(self, kind: str, what: Any) -> None:
        message = pickle.dumps((kind, what), pickle.HIGHEST_PROTOCOL)
        with self._lock:
            self._waiting.append(message)

    def close(self) -> None:
        """Send what is left."""
        self._closed.set()
        self._flush()

    def _send_all(self) -> None:
        while not self._closed.wait(SEND_EVERY):
            self._flush()

    def _flush(self) -> None:
        with self._lock:
            messages, self._waiting = self._waiting, []
            if messages:
                self._send(messages)
