"""Pages take turns: what many threads of one interpreter do at once, all of them do slowly."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType

PATIENCE = 3.0  # seconds
_IMPORTING = threading.RLock()


def import_alone(name: str) -> ModuleType:
    """Import a module while no other thread does so.

    When one thread imports a package and another a part of it, Python 3.11 may raise a `_DeadlockError` in either
    (https://github.com/python/cpython/issues/83065).
    """
    with _IMPORTING:
        return import_module(name)


class Turns:
    """At most `count` at a time, and whoever has waited for `PATIENCE` goes on all the same.

    Thirty pages at once hand the interpreter to each other at every tensor operation: measured, an answer then takes
    2.5 times as long as when they come one after another. A page that waits for something else, such as a download,
    delays nobody by more than the patience.
    """

    def __init__(self, count: int) -> None:
        self._changing = threading.Lock()
        self._free = count
        self._waiting: deque[threading.Event] = deque()

    @property
    def crowded(self) -> bool:
        """Whether others wait for a turn."""
        return bool(self._waiting)

    @contextmanager
    def one(self) -> Iterator[None]:
        """A turn, for the length of the block; who comes first has it first."""
        taken = self._take()
        try:
            yield
        finally:
            if taken:
                self._give_back()

    def _take(self) -> bool:
        with self._changing:
            if self._free:
                self._free -= 1
                return True
            given = threading.Event()
            self._waiting.append(given)
        if given.wait(PATIENCE):
            return True
        with self._changing:
            if not given.is_set():
                self._waiting.remove(given)
            return given.is_set()

    def _give_back(self) -> None:
        """To the one that has waited longest: a semaphore's may be taken by one that has just come."""
        with self._changing:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1
