"""What the first page would wait for, loaded while the browser still loads."""

import logging
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from seqviz.ui.shell.contents import PAGES

if TYPE_CHECKING:
    from seqviz.jobs.queue import JobQueue


def queue() -> "JobQueue":
    """The server's queue, with PyTorch behind it."""
    import torch

    # Streamlit's caches warn where there is no page; here there is none on purpose.
    logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").setLevel(logging.ERROR)
    torch.set_num_threads(1)  # pages compute little at a time, and many at once; training sets its own number
    from seqviz.ui.shell import caches

    return caches.jobs()


def load() -> None:
    """The digits, the networks and the pages, in the order in which a first visitor needs them."""
    from seqviz.ui.shell import caches

    caches.dataset("digits")
    for name in caches.SHIPPED:
        caches.network(name)
    for key in PAGES:
        room = import_module(f"seqviz.ui.{key.replace('-', '_')}")
        for module in iter_modules(room.__path__):
            import_module(f"{room.__name__}.{module.name}")
    import_module("captum.attr")  # what attributions and statistics import when they are asked for
    import_module("scipy.stats")
