"""What goes on behind a server's pages: it gets ready while the browser loads, then keeps the runs' folder in order."""

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seqviz.jobs.queue import JobQueue

EVERY = 600.0  # seconds
FIRST_PAGE = 4.0  # seconds


class Housekeeping:
    """A thread of the server. `queue` gives the queue, whose folder it prunes; before, it loads what pages need.

    After what a first page needs it leaves that page the time to be drawn, then it loads the rest.
    """

    def __init__(
        self, queue: "Callable[[], JobQueue]", load_first: Callable[[], None], load_rest: Callable[[], None]
    ) -> None:
        self._get_queue, self._load_first, self._load_rest = queue, load_first, load_rest
        self._queue: JobQueue | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="housekeeping", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End, with every job stopped, each with a checkpoint."""
        self._stop.set()
        self._thread.join()
        if self._queue:
            self._queue.shutdown()

    def _work(self) -> None:
        self._try(self._prepare)
        if not self._stop.wait(FIRST_PAGE):
            self._try(self._load_rest)
        while not self._stop.is_set():
            self._try(self._tidy)
            self._stop.wait(EVERY)

    def _prepare(self) -> None:
        self._queue = self._get_queue()
        self._load_first()

    def _tidy(self) -> None:
        from seqviz.jobs.retention import prune  # with PyTorch behind it, which is loaded by now

        if self._queue:
            self._queue.save_unsaved()
            prune(self._queue.folder, self._queue.limits, self._queue.in_use())

    def _try(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception:
            logging.getLogger(__name__).exception("a step of the housekeeping broke off")
