"""What this machine has. Imports nothing heavy: it is asked before PyTorch is loaded."""

import ctypes
import os
from contextlib import suppress
from pathlib import Path

ARENAS = -8  # glibc's M_ARENA_MAX


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def gpus() -> int:
    """CUDA devices, as the driver lists them (Linux); 0 where there is none."""
    try:
        return len(os.listdir("/proc/driver/nvidia/gpus"))
    except OSError:
        return 0


def memory() -> float:
    """Bytes of memory, of a container where it has a bound; 8 GB where the system does not say."""
    try:
        there = float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):
        there = 8e9
    try:
        return min(there, float(Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii")))
    except (OSError, ValueError):  # no container, or one without a bound: "max"
        return there


def share_freed_memory() -> None:
    """Let all threads allocate from two places (glibc), so that one uses again what another has freed.

    Otherwise threads that come and go leave much behind that is free and in nobody's reach: measured after thirty
    visitors, 823 MiB where 700 were enough.
    """
    with suppress(OSError, AttributeError):  # another library than glibc
        ctypes.CDLL("libc.so.6").mallopt(ARENAS, 2)
