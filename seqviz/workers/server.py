"""The workers of this server: started before anything else, and ended with it."""

import atexit
import os
from collections.abc import Mapping
from importlib.util import find_spec

from seqviz.errors import SpecError
from seqviz.workers.computation import CallingThread, Workers
from seqviz.workers.local import LocalWorkers
from seqviz.workers.offload import Offload

_workers: Workers | None = None
_beside: Offload | None = None


def scheduler_of_environment(environment: Mapping[str, str] = os.environ) -> str:
    """The address of the Dask scheduler that is to be used; empty where this machine computes.

    Raises:
        SpecError: that is no address, or Dask is not installed.
    """
    scheduler = environment.get("SEQVIZ_SCHEDULER", "").strip()
    if scheduler and not scheduler.startswith(("tcp://", "tls://")):
        raise SpecError([f"SEQVIZ_SCHEDULER is {scheduler!r}; set it to an address like tls://host:8786"])
    if scheduler and not find_spec("distributed"):
        problem = "SEQVIZ_SCHEDULER is set and Dask is not installed; run `pip install -r requirements-cluster.txt`"
        raise SpecError([problem])
    return scheduler


def start(places: int, memory: float, niceness: int = 10, scheduler: str = "") -> None:
    """Start so many on this machine, or use those of a Dask scheduler; returns at once.

    `memory` is what one may take, in bytes, beyond what it has when it waits.
    """
    global _workers, _beside
    if scheduler:
        from seqviz.workers.cluster import ClusterWorkers  # Dask is slow to import, and need not be there

        _workers = ClusterWorkers(scheduler, memory).start()
    else:
        _workers = LocalWorkers(places, memory, niceness).start()
    _beside = Offload(lambda: LocalWorkers(1, memory, niceness=0, threads=1))
    atexit.register(stop)


def stop() -> None:
    """End them; what they still compute is lost."""
    global _workers, _beside
    if _beside is not None:
        _beside.shutdown()
    if _workers is not None:
        _workers.shutdown()
    _workers = _beside = None


def workers() -> Workers:
    """Those that were started; without them work is done by the thread that waits for it."""
    return _workers or CallingThread()


def beside() -> Offload | None:
    """The process that computes single values for pages; None where no workers were started."""
    return _beside
