"""Who may compute now: a queue in order of arrival with a fixed number of places at its front."""

import threading
from collections.abc import Callable


class Slots:
    """`count` holders at a time; the others wait in the order in which they queued."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._waiting: list[object] = []
        self._holding: list[object] = []
        self._changed = threading.Condition()

    def queue(self, holder: object) -> None:
        with self._changed:
            self._waiting.append(holder)

    def take(self, holder: object, give_up: Callable[[], bool]) -> bool:
        """Wait for a place; False, and out of the queue, once `give_up` says so."""
        with self._changed:
            self._changed.wait_for(lambda: give_up() or self._is_next(holder))
            self._waiting.remove(holder)
            self._changed.notify_all()  # who stands first now may find another place free
            if give_up():
                return False
            self._holding.append(holder)
            return True

    def give(self, holder: object) -> None:
        """Leave the place, if it was held."""
        with self._changed:
            if holder in self._holding:
                self._holding.remove(holder)
            self._changed.notify_all()

    def wake(self) -> None:
        """Let those who wait look at their `give_up` again."""
        with self._changed:
            self._changed.notify_all()

    def position(self, holder: object) -> int:
        """How many wait before this one; 0 for the next, and for one that computes."""
        with self._changed:
            return self._waiting.index(holder) if holder in self._waiting else 0

    def _is_next(self, holder: object) -> bool:
        return len(self._holding) < self.count and self._waiting[0] is holder
