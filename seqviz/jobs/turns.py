"""Pages take turns: what many threads of one interpreter do at once, all of them do slowly."""

import threading
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
        self._free = threading.Semaphore(count)

    @contextmanager
    def one(self) -> Iterator[None]:
        """A turn, for the length of the block."""
        taken = self._free.acquire(timeout=PATIENCE)
        try:
            yield
        finally:
            if taken:
                self._free.release()
