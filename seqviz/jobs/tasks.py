"""Any long work in the background: an iterator of progress and findings, which a worker computes."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Literal

from seqviz.errors import SeqVizError, WorkerLost
from seqviz.jobs.slots import Slots
from seqviz.workers.computation import RETRIES, Computation, Workers, until_stopped

Work = Callable[[], Iterator[Any]]
"""Gives an iterator of shares done (floats in [0, 1]) and of what is known so far; the last of these is the result.

It must survive pickling: a function of a room that computes, or a `partial` of one with all that it needs.
"""
TaskState = Literal["queued", "running", "finished", "stopped", "failed"]


class Task:
    """Work that takes its turns beside the training jobs. What it has reached so far stays when it is stopped.

    `title` is what it is called on the screen, `memory` the bytes that it needs until it ends.
    """

    def __init__(
        self,
        owner: str,
        work: Work,
        slots: Slots,
        workers: Workers,
        unwatched_after: float,
        *,
        title: str = "",
        memory: float = 0.0,
    ) -> None:
        self.owner, self.title, self.memory = owner, title, memory
        self.progress, self.message = 0.0, ""
        self.state: TaskState = "queued"
        self.result: Any = None
        self.watched = time.monotonic()
        self._computed = 0.0  # seconds
        self._work, self._slots, self._workers, self._unwatched_after = work, slots, workers, unwatched_after
        self._computation: Computation | None = None
        self._lost = 0  # processes that ended while they computed it
        self._stop = False
        self._thread = threading.Thread(target=self._run, name="task", daemon=True)

    @property
    def ended(self) -> bool:
        return self.state in ("finished", "stopped", "failed")

    @property
    def position(self) -> int:
        """How many wait before this one."""
        return self._slots.position(self)

    @property
    def wait(self) -> float:
        """Seconds until its turn, as far as one can tell."""
        return self._slots.wait(self)

    @property
    def seconds_left(self) -> float | None:
        """What it still has to compute, if it goes on as it has begun."""
        return self._computed * (1 - self.progress) / self.progress if self.progress else None

    def start(self) -> None:
        self._slots.queue(self)
        self._thread.start()

    def stop(self) -> None:
        self._stop = True
        if computation := self._computation:
            computation.stop()
        self._slots.wake()

    def join(self, timeout: float) -> None:
        self._thread.join(timeout)

    def look(self) -> None:
        """A watcher is there: work that nobody watches for long ends by itself."""
        self.watched = time.monotonic()

    def _run(self) -> None:
        try:
            self.state = self._advance()
        except SeqVizError as error:
            self.message, self.state = str(error), "failed"
        except Exception:
            logging.getLogger(__name__).exception("a task failed")
            self.message = "This broke off for a reason that SeqViz did not foresee; the server's log has it."
            self.state = "failed"
        finally:
            if self._computation and not self._computation.done():
                self._computation.end()
            self._slots.give(self)

    def _advance(self) -> TaskState:
        """Turn after turn, until the work ends or is stopped."""
        while self._slots.take(self, give_up=lambda: self._stop):
            self.state = "running"
            try:
                if outcome := self._turn():
                    return outcome
            except WorkerLost as error:
                if self._stop:
                    return "stopped"
                self._computation, self._lost = None, self._lost + 1
                if self._lost > RETRIES:
                    self.message = f"{error} It was tried {self._lost} times."
                    return "failed"
            self.state = "queued"
            self._slots.give(self, in_memory=self._computation is not None)
        return "stopped"

    def _turn(self) -> TaskState | None:
        """None where the turn is over before the work is."""
        began, before = time.monotonic(), self._computed
        computation = self._computation
        if computation is None:
            computation = self._computation = self._workers.submit(until_stopped, self._work)
        else:
            computation.tell("go")
        if self._stop:  # said while it was on its way
            computation.stop()
        for item in computation.items():
            if isinstance(item, float):
                self.progress = item
            else:
                self.result = item
            self._computed = before + time.monotonic() - began
            if time.monotonic() - self.watched > self._unwatched_after:
                self.message = f"Stopped: nobody has watched for {self._unwatched_after / 60:.0f} minutes."
                self._stop = True
            if self._stop:
                computation.end()
                return "stopped"
            if self._workers.can_hold and self._slots.turn_over(self):
                computation.tell("hold")
                return None
        return "stopped" if self._stop else "finished"
