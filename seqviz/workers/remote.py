"""A computation in another process, as the server sees it: what arrives, how it is ended, how it is lost."""

import queue
import threading
from abc import abstractmethod
from collections.abc import Iterator
from typing import Any

from seqviz.workers.computation import Command, Computation

PATIENCE = 1.0  # seconds that a computation has to obey a `stop`


class RemoteComputation(Computation):
    """Fed by whoever hears its worker, with `take` and `finish`."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Command] = []  # what the worker has taken in
        self._arrived: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._over, self._ending = threading.Event(), threading.Lock()
        self._items = self._follow()
        self.set_running_or_notify_cancel()

    @property
    def over(self) -> bool:
        return self._over.is_set()

    def items(self) -> Iterator[Any]:
        return self._items

    def stop(self) -> None:
        if not self.over:
            self.tell("stop")
            timer = threading.Timer(PATIENCE, self._end_unless_over)
            timer.daemon = True
            timer.start()

    def end(self) -> None:
        self.stop()
        self._over.wait()

    def take(self, kind: str, what: Any) -> None:
        """A message of the worker: a command was "heard", an "item", or the "end" with its error."""
        if kind == "end":
            self.finish(what)
        elif kind == "item":
            self._arrived.put((kind, what))
        elif kind == "heard":
            self.heard.append(what)

    def finish(self, error: Exception | None) -> None:
        """It is over; the first to say so says why."""
        with self._ending:
            if self.over:
                return
            self._over.set()
        if error is None:
            self.set_result(None)
        else:
            self.set_exception(error)
        self._arrived.put(("end", error))  # last: who sees it finds the worker free

    @abstractmethod
    def end_process(self) -> None:
        """End the process that computes; it is said to be lost as any other that ends."""

    def _end_unless_over(self) -> None:
        if not self.over:
            self.end_process()

    def _follow(self) -> Iterator[Any]:
        while True:
            kind, what = self._arrived.get()
            if kind == "item":
                yield what
            elif what is None:
                return
            else:
                raise what
