"""What the first page would wait for, done while the browser still loads; and what goes on behind the pages."""

import logging
import threading
from importlib import import_module
from pkgutil import iter_modules

from seqviz import ui
from seqviz.ui.shell.contents import PAGES

PRUNED_EVERY = 600.0  # seconds


class BehindThePages:
    """A thread of the server: it loads PyTorch, the networks and the pages, then keeps the runs' folder in order."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="behind the pages", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop every job, each with a checkpoint, and end."""
        from seqviz.ui.shell.caches import jobs

        self._stop.set()
        self._thread.join()
        jobs().shutdown()

    def _work(self) -> None:
        try:
            _load()
            while not self._stop.is_set():
                _prune()
                self._stop.wait(PRUNED_EVERY)
        except Exception:
            logging.getLogger(__name__).exception("what goes on behind the pages broke off")


def _load() -> None:
    """In the order in which a first visitor needs it."""
    import torch

    # Streamlit's caches warn where there is no page; here there is none on purpose.
    logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").setLevel(logging.ERROR)
    torch.set_num_threads(1)  # pages compute little at a time, and many at once; training sets its own number
    from seqviz.ui.shell import caches

    caches.dataset("digits")
    for name in caches.SHIPPED:
        caches.network(name)
    for key in PAGES:
        room = import_module(f"{ui.__name__}.{key.replace('-', '_')}")
        for module in iter_modules(room.__path__):
            import_module(f"{room.__name__}.{module.name}")
    import_module("captum.attr")  # what attributions and statistics import when they are asked for
    import_module("scipy.stats")


def _prune() -> None:
    from seqviz.jobs.retention import prune
    from seqviz.ui.shell.caches import jobs

    queue = jobs()
    prune(queue.folder, queue.limits, {job.run for job in queue.alive()})
