"""What the first page would wait for, loaded while the browser still loads."""

import gc
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


def load_first() -> None:
    """What a first visitor sees: the digits, the first network, and what is read off it."""
    from seqviz.ui.shell import caches

    caches.dataset("digits")
    network = caches.network(next(iter(caches.SHIPPED)))
    import_module("seqviz.ui.home.front")
    import_module("seqviz.ui.hidden_states.side_by_side")
    import_module("scipy.cluster.hierarchy")  # units in the order of their likeness
    caches.paths_behind(network.name, network.version, "digits", network.model)
    caches.profiles(network.name, network.version, "digits", network.model)


def load_rest() -> None:
    """The other networks and pages."""
    from seqviz.ui.shell import caches

    for name in caches.SHIPPED:
        caches.network(name)
    for key in PAGES:
        room = import_module(f"seqviz.ui.{key.replace('-', '_')}")
        for module in iter_modules(room.__path__):
            import_module(f"{room.__name__}.{module.name}")
    import_module("captum.attr")  # what attributions and statistics import when they are asked for
    import_module("scipy.stats")
    gc.collect()
    gc.freeze()  # what is loaded by now stays; looking through it for garbage takes 0.4 s, in which no page moves
