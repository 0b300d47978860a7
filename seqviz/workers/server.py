"""The workers of this server: started before anything else, and ended with it."""

import atexit

from seqviz.workers.computation import CallingThread, Workers
from seqviz.workers.local import LocalWorkers

_workers: Workers | None = None


def start(places: int, memory: float) -> None:
    """Start them; returns at once. `memory` is what one may take, in bytes, beyond what it has when it waits."""
    global _workers
    _workers = LocalWorkers(places, memory).start()
    atexit.register(stop)


def stop() -> None:
    """End them; what they still compute is lost."""
    global _workers
    if _workers is not None:
        _workers.shutdown()
        _workers = None


def workers() -> Workers:
    """Those that were started; without them work is done by the thread that waits for it."""
    return _workers or CallingThread()
