"""Where a network trains."""

import torch

from seqviz.errors import DeviceError
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
