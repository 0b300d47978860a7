"""What goes on behind a server's pages: it gets ready while the browser loads, then keeps the runs' folder in order."""

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seqviz.jobs.queue import JobQueue

PRUNED_EVERY = 600.0  # seconds


class Housekeeping:
    """A thread of the server. `prepare` loads what pages need and gives the queue, whose folder is pruned."""

    def __init__(self, prepare: "Callable[[], JobQueue]") -> None:
        self._prepare = prepare
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
        try:
            self._queue = self._prepare()
            from seqviz.jobs.retention import prune  # loaded by now

            while not self._stop.is_set():
                prune(self._queue.folder, self._queue.limits, {job.run for job in self._queue.alive()})
                self._stop.wait(PRUNED_EVERY)
        except Exception:
            logging.getLogger(__name__).exception("the housekeeping broke off")
