"""Any long work in the background: an iterator of progress and findings, in a thread and a place of its own."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Literal

from seqviz.errors import SeqVizError
from seqviz.jobs.slots import Slots
from seqviz.training.devices import training_threads

Work = Callable[[], Iterator[Any]]
"""Gives an iterator of shares done (floats in [0, 1]) and of what is known so far; the last of these is the result."""
TaskState = Literal["queued", "running", "finished", "stopped", "failed"]


class Task:
    """Work that takes its turn beside the training jobs. What it has reached so far stays when it is stopped."""

    def __init__(self, owner: str, work: Work, slots: Slots, unwatched_after: float) -> None:
        self.owner, self.progress, self.message = owner, 0.0, ""
        self.state: TaskState = "queued"
        self.result: Any = None
        self.watched = time.monotonic()
        self._work, self._slots, self._unwatched_after = work, slots, unwatched_after
        self._stop = False
        self._thread = threading.Thread(target=self._run, name="task", daemon=True)

    @property
    def ended(self) -> bool:
        return self.state in ("finished", "stopped", "failed")

    @property
    def position(self) -> int:
        """How many wait before this one."""
        return self._slots.position(self)

    def start(self) -> None:
        self._slots.queue(self)
        self._thread.start()

    def stop(self) -> None:
        self._stop = True
        self._slots.wake()

    def join(self, timeout: float) -> None:
        self._thread.join(timeout)

    def look(self) -> None:
        """A watcher is there: work that nobody watches for long ends by itself."""
        self.watched = time.monotonic()

    def _run(self) -> None:
        try:
            if not self._slots.take(self, give_up=lambda: self._stop):
                self.state = "stopped"
                return
            self.state = "running"
            with training_threads(self._slots.count):
                self.state = self._advance()
        except SeqVizError as error:
            self.message, self.state = str(error), "failed"
        except Exception:
            logging.getLogger(__name__).exception("a task failed")
            self.message = "This broke off for a reason that SeqViz did not foresee; the server's log has it."
            self.state = "failed"
        finally:
            self._slots.give(self)

    def _advance(self) -> TaskState:
        for item in self._work():
            if isinstance(item, float):
                self.progress = item
            else:
                self.result = item
            if self._stop:
                return "stopped"
            if time.monotonic() - self.watched > self._unwatched_after:
                self.message = f"Stopped: nobody has watched for {self._unwatched_after / 60:.0f} minutes."
                return "stopped"
        return "finished"
