"""A function's value, computed in a process beside the server.

Pages compute in the server's threads, which share one interpreter and so one core. Where several visitors ask at once,
a process of its own takes what it can, and the interpreter is left to what only it can do.
"""

import threading
from collections.abc import Callable, Iterator
from typing import ParamSpec, TypeVar

from seqviz.errors import OutOfMemory, WorkerLost
from seqviz.workers.computation import Computation, Control, Workers

P = ParamSpec("P")
T = TypeVar("T")
WAITING = 4  # values that may wait for the process, or be computed by it; more are computed here


class Offload:
    """Asks a process for values; `new` gives one that has one place, when it is first wanted."""

    def __init__(self, new: Callable[[], Workers]) -> None:
        self._new = new
        self._counting, self._turn = threading.Lock(), threading.Lock()
        self._asked = 0
        self._workers: Workers | None = None
        self._loading: Computation | None = None

    def value(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`function(*args)`: the process must be able to import the function, and to take arguments and value.

        It is computed here while the process loads, and where the process has enough to do or is lost.

        Raises:
            Exception: what the function raises.
        """
        workers = self._place()
        if workers is None:
            return function(*args, **kwargs)
        try:
            with self._turn:
                (found,) = workers.submit(_only, function, *args, **kwargs).items()
            return found
        except (OutOfMemory, WorkerLost):
            return function(*args, **kwargs)
        finally:
            with self._counting:
                self._asked -= 1

    def start(self) -> None:
        """Start the process, unless there is one; returns at once."""
        with self._counting:
            if self._workers is None:
                self._workers = self._new()
                self._loading = self._workers.submit(_nothing)

    def ready(self) -> bool:
        """Whether the process has been started, and has loaded what it needs."""
        return self._loading is not None and self._loading.done()

    def shutdown(self) -> None:
        """End the process, if there is one."""
        if self._workers is not None:
            self._workers.shutdown()

    def _place(self) -> Workers | None:
        """The process, where it can take one more."""
        self.start()
        with self._counting:
            if not self.ready() or self._asked == WAITING:
                return None
            self._asked += 1
            return self._workers


def _only(_control: Control, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
    yield function(*args, **kwargs)


def _nothing(_control: Control) -> Iterator[None]:
    yield None
