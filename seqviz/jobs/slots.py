"""Who may compute now: places that go round among visitors, and the memory that all have together."""

import math
import threading
import time
from collections.abc import Callable
from typing import Protocol


class Holder(Protocol):
    """What waits for a place. `memory` are the bytes that it needs, `seconds_left` what it still has to compute."""

    owner: str
    memory: float

    @property
    def seconds_left(self) -> float | None: ...


class Slots:
    """As many holders at a time as there are `places`, which may change.

    The next is of the owner who was served longest ago; one owner's come in order.

    A holder that has computed for a `turn` is asked (`turn_over`) to let another have its place. Holders that lie in
    memory need no more than `memory` bytes together, so one that is not there yet may have to wait for that, too.
    """

    def __init__(self, places: Callable[[], int], memory: float = math.inf, turn: float = 15.0) -> None:
        self._places = places
        self._memory, self._turn = memory, turn
        self._waiting: list[Holder] = []
        self._holding: dict[Holder, float] = {}  # since when
        self._in_memory: set[Holder] = set()
        self._served: dict[str, int] = {}  # by owner: the number of the last place that was given
        self._places_given = 0
        self._changed = threading.Condition()

    def queue(self, holder: Holder) -> None:
        with self._changed:
            self._waiting.append(holder)
            self._changed.notify_all()

    def take(self, holder: Holder, give_up: Callable[[], bool]) -> bool:
        """Queue, unless it is queued, and wait for a place; False, and out of the queue, once `give_up` says so."""
        with self._changed:
            if holder not in self._waiting:
                self._waiting.append(holder)
            self._changed.wait_for(lambda: give_up() or self._next() is holder)
            self._waiting.remove(holder)
            given_up = give_up()
            if not given_up:
                self._holding[holder] = time.monotonic()
                self._in_memory.add(holder)
                self._places_given += 1
                self._served[holder.owner] = self._places_given
            self._changed.notify_all()  # who stands first now may find another place free
            return not given_up

    def give(self, holder: Holder, *, in_memory: bool = False) -> None:
        """Leave the place, if it was held; `in_memory` says whether what it needs stays there."""
        with self._changed:
            self._holding.pop(holder, None)
            if not in_memory:
                self._in_memory.discard(holder)
            self._forget_owners()
            self._changed.notify_all()

    def turn_over(self, holder: Holder) -> bool:
        """Whether it has had its turn while another could have its place."""
        with self._changed:
            since = self._holding.get(holder)
            if since is None or not self._waiting or time.monotonic() - since < self._turn:
                return False
            return self._first(leaving=holder) is not None

    def wake(self) -> None:
        """Let those who wait look at their `give_up` again."""
        with self._changed:
            self._changed.notify_all()

    def position(self, holder: Holder) -> int:
        """How many wait before this one; 0 for the next, and for one that computes."""
        with self._changed:
            return self._order().index(holder) if holder in self._waiting else 0

    def wait(self, holder: Holder) -> float:
        """Seconds until this one's turn, as far as one can tell; 0 for one that computes."""
        with self._changed:
            if holder not in self._waiting:
                return 0.0
            order = self._order()
            before = [self._turn_of(other) for other in order[: order.index(holder)]]
            now = time.monotonic()
            running = [max(0.0, self._turn_of(other) - (now - since)) for other, since in self._holding.items()]
            places = max(1, self._places())
            free = [0.0] * (places - len(running))
            return sum(before) / places + min(running + free, default=0.0)

    def _turn_of(self, holder: Holder) -> float:
        left = holder.seconds_left
        return self._turn if left is None else min(self._turn, left)

    def _next(self) -> Holder | None:
        """Who is to have a place now, if one is free."""
        return self._first() if len(self._holding) < self._places() else None

    def _first(self, leaving: Holder | None = None) -> Holder | None:
        """The first in line, once its memory is free; till then the first of those that are in memory already."""
        order = self._order()
        taken = sum(other.memory for other in self._in_memory if other is not leaving)
        if order and (order[0] in self._in_memory or taken + order[0].memory <= self._memory or not taken):
            return order[0]
        return next((other for other in order if other in self._in_memory), None)

    def _order(self) -> list[Holder]:
        """Those who wait, in the order in which they will be served."""
        waiting, served, order = list(self._waiting), dict(self._served), []
        for number in range(len(waiting)):
            following = min(waiting, key=lambda holder: served.get(holder.owner, 0))  # of equals the first to come
            waiting.remove(following)
            order.append(following)
            served[following.owner] = self._places_given + number + 1
        return order

    def _forget_owners(self) -> None:
        """Owners who have nothing here any more are newcomers when they come again, once they are many."""
        if len(self._served) > 1000:
            there = {holder.owner for holder in (*self._waiting, *self._holding)}
            self._served = {owner: number for owner, number in self._served.items() if owner in there}
