"""What the first page would wait for, loaded while the browser still loads."""

import gc
import logging
from functools import cache
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from seqviz.jobs.turns import import_alone
from seqviz.ui.shell.contents import PAGES
from seqviz.ui.shell.sessions import is_shared
from seqviz.workers import server

if TYPE_CHECKING:
    from seqviz.jobs.queue import JobQueue

CACHES = "seqviz.ui.shell.caches"


@cache
def load_page(key: str) -> None:
    """Import the views of a page, unless that has been done."""
    room = import_alone(f"seqviz.ui.{key.replace('-', '_')}")
    for module in iter_modules(room.__path__):
        import_alone(f"{room.__name__}.{module.name}")


def queue() -> "JobQueue":
    """The server's queue, with PyTorch behind it."""
    torch = import_alone("torch")
    # Streamlit's caches warn where there is no page; here there is none on purpose.
    logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").setLevel(logging.ERROR)
    torch.set_num_threads(1)  # pages compute little at a time, and many at once; training sets its own number
    caches = import_alone(CACHES)
    jobs: JobQueue = caches.jobs()
    return jobs


def load_first() -> None:
    """What a first visitor sees: the digits, the first network, and what is read off it."""
    caches = import_alone(CACHES)
    caches.dataset("digits")
    network = caches.network(next(iter(caches.SHIPPED)))
    import_alone("seqviz.ui.home.front")
    import_alone("seqviz.ui.hidden_states.side_by_side")
    import_alone("scipy.cluster.hierarchy")  # units in the order of their likeness
    caches.paths_behind(network.name, network.version, "digits", network)
    caches.profiles(network.name, network.version, "digits", network)


def load_rest() -> None:
    """The other networks and pages."""
    caches = import_alone(CACHES)
    for name in caches.SHIPPED:
        caches.network(name)
    for key in PAGES:
        load_page(key)
    import_alone("captum.attr")  # what attributions and statistics import when they are asked for
    import_alone("scipy.stats")
    if is_shared() and (beside := server.beside()):
        beside.start()  # a class will come
    gc.collect()
    gc.freeze()  # what is loaded by now stays; looking through it for garbage takes 0.4 s, in which no page moves
