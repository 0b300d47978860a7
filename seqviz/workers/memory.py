"""How much memory a worker may take, and what holds it to that."""

import ctypes
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

MEMORY_SPENT = 86  # the exit status of a worker that needed more than it may
WAITING_WORKER = 2.5e8  # bytes that a worker takes when it does nothing
LOOK_EVERY = 0.1  # seconds
ROOM = 1.25  # of the bound may be allocated: what is allocated is not all used


def hold_to(more: float) -> None:
    """From now on this process may take so many bytes more than it has, where the system can tell (Linux).

    A single allocation that would go far beyond fails at once: PyTorch raises a RuntimeError, Python a MemoryError.
    What grows by many small ones ends the process at the next look, with the status `MEMORY_SPENT`.
    """
    _bound_allocations(more)
    watch(more, lambda: os._exit(MEMORY_SPENT), threading.Event())


def watch(more: float, spent: Callable[[], None], over: threading.Event) -> None:
    """Call `spent`, from another thread, once this process holds so many bytes more than now, unless it is over."""
    most = resident() + more

    def look() -> None:
        while not over.wait(LOOK_EVERY):
            if resident() > most:
                spent()

    threading.Thread(target=look, name="memory", daemon=True).start()


def resident() -> float:
    """Bytes of this process that lie in memory; 0 where the system does not say."""
    try:
        return float(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0.0


def is_want_of_memory(error: Exception) -> bool:
    """Whether an allocation failed; PyTorch raises a RuntimeError then."""
    said = str(error)
    return isinstance(error, MemoryError) or "can't allocate memory" in said or "out of memory" in said


def give_back() -> None:
    """Let the system have what was freed; the C library would keep it for later."""
    with suppress(OSError, AttributeError):  # another library than glibc
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def _bound_allocations(more: float) -> None:
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        allocated = 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmData"))
    except (OSError, StopIteration):
        return
    import resource

    _, hardest = resource.getrlimit(resource.RLIMIT_DATA)  # counts what is allocated since Linux 4.7
    most = int(allocated + ROOM * more)
    resource.setrlimit(resource.RLIMIT_DATA, (most if hardest < 0 else min(most, hardest), hardest))
