"""Work that computes somewhere else: what it yields arrives as it comes, and it can be told to stop.

Every executor here has the interface of `concurrent.futures`: `submit(work, *arguments)`, with a generator function for
its work, gives a `Computation`, which is a future besides.
"""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Executor, Future
from typing import Any, Literal, TypeVar

T = TypeVar("T")
RETRIES = 2  # how often work whose process died is given to another
Command = Literal["stop", "snapshot", "hold", "go"]
Work = Callable[..., Iterator[Any]]
"""Takes a `Control` and its arguments, which must survive pickling, and yields what is to be seen of it."""


class Control:
    """What others have said to a computation; the work itself looks at it, as often as it can."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._go_on = threading.Event()
        self._go_on.set()
        self._snapshot = False

    def take(self, command: Command) -> None:
        """From any thread."""
        if command == "stop":
            self._stop.set()
        if command == "snapshot":
            self._snapshot = True
        elif command == "hold":
            self._go_on.clear()
        else:
            self._go_on.set()

    def stopped(self) -> bool:
        return self._stop.is_set()

    def snapshot_asked(self) -> bool:
        """Whether a snapshot was asked for since the last call."""
        asked, self._snapshot = self._snapshot, False
        return asked

    def wait_while_held(self) -> None:
        self._go_on.wait()


def until_stopped(control: Control, work: Callable[[], Iterator[T]]) -> Iterator[T]:
    """What `work` yields; between two items it can be held, and stopped."""
    for item in work():
        yield item
        control.wait_while_held()
        if control.stopped():
            return


class Computation(Future[None], ABC):
    """A future whose work shows what it does. `tell` may be called from any thread, `items` is for one."""

    @abstractmethod
    def items(self) -> Iterator[Any]:
        """What the work yields, as it comes; a second call goes on where the first was left.

        Raises:
            OutOfMemory: it needed more than it may.
            WorkerLost: the process that computed it is gone.
            Exception: whatever the work raised.
        """

    @abstractmethod
    def tell(self, command: Command) -> None:
        """Pass a command on; it takes effect when the work looks at its control."""

    @abstractmethod
    def stop(self) -> None:
        """`tell("stop")`, and what does not obey soon loses its process. Returns at once."""

    @abstractmethod
    def end(self) -> None:
        """Stop it, and return when its place is free."""


class Workers(Executor, ABC):
    """An executor whose futures are computations; it carries out as many at a time as it has `places`."""

    can_hold = True  # whether a computation that is held leaves its place to another

    @property
    @abstractmethod
    def places(self) -> int: ...

    def when_places_change(self, call: Callable[[], None]) -> None:
        """Call this from another thread whenever there are more or fewer places than before."""

    @abstractmethod
    def submit(self, fn: Work, /, *args: Any, **kwargs: Any) -> Computation:  # type: ignore[override]
        """Compute this elsewhere."""


class CallingThread(Workers):
    """Computes in the thread that asks for the items: what tests and single scripts need, and no server."""

    @property
    def places(self) -> int:
        return 1

    def submit(self, fn: Work, /, *args: Any, **kwargs: Any) -> Computation:  # type: ignore[override]
        return _Here(fn, args, kwargs)


class _Here(Computation):
    def __init__(self, work: Work, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        super().__init__()
        self._control = Control()
        self._items: Generator[Any, None, None] = self._follow(work(self._control, *args, **kwargs))
        self.set_running_or_notify_cancel()

    def items(self) -> Iterator[Any]:
        return self._items

    def tell(self, command: Command) -> None:
        if command != "hold":  # who holds it asks for no more items, and would wait for itself
            self._control.take(command)

    def stop(self) -> None:
        self._control.take("stop")

    def end(self) -> None:
        self._items.close()

    def _follow(self, items: Iterator[Any]) -> Generator[Any, None, None]:
        try:
            yield from items
        except Exception as error:
            self.set_exception(error)
            raise
        finally:
            if not self.done():
                self.set_result(None)
