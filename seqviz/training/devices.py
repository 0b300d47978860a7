"""Where a network trains, and with how many threads."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from seqviz.errors import DeviceError
from seqviz.global_state import threads
from seqviz.specs import Device


def available_devices() -> tuple[Device, ...]:
    """The devices of this machine, best first."""
    available: list[Device] = ["cuda"] if torch.cuda.is_available() else []
    if torch.backends.mps.is_available():
        available.append("mps")
    return (*available, "cpu")


def pick_device(wanted: Device) -> torch.device:
    """The device by name; "auto" takes a CUDA GPU, else Apple's, else the CPU.

    Raises:
        DeviceError: this machine does not have it.
    """
    available = available_devices()
    if wanted == "auto":
        return torch.device(available[0])
    if wanted not in available:
        names = ", ".join(available)
        raise DeviceError(f"This machine has no {wanted} device; it has {names}. Choose auto or {names}.")
    return torch.device(wanted)


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def training_threads(runs: int = 1) -> Iterator[int]:
    """Compute with this run's share of all cores but one, `runs` of them at a time; give the former number back.

    The core that is left serves the pages.
    """
    count = max(1, (cores() - 1) // runs)
    with threads(count):
        yield count
