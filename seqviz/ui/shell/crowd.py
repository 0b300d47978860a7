"""Many visitors at once: their pages take turns, and what takes long is computed beside the server."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from seqviz.jobs.turns import Turns
from seqviz.workers import server

P = ParamSpec("P")
T = TypeVar("T")
TURNS = Turns(2)


def offload(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """`function(*args)`, in a process beside the server where other visitors wait for their pages."""
    beside = server.beside()
    if beside and TURNS.crowded:
        return beside.value(function, *args, **kwargs)
    return function(*args, **kwargs)
