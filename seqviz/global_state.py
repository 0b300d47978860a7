"""Global state of PyTorch and NumPy, changed for the length of a block and restored after it.

Fused layers draw their dropout masks, and Captum its samples, from the global generators, and cuDNN's recurrent layers
cannot go backward in eval mode. There is no other way to control them.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

_ONE_AT_A_TIME = threading.Lock()
_COUNTING = threading.Lock()
_without_cudnn = 0
_was_enabled = True


@contextmanager
def seeded_global_generators(seed: int) -> Iterator[None]:
    """Seed the global generators for a block, one block at a time, and restore their states after it."""
    devices = list(range(torch.cuda.device_count()))
    with _ONE_AT_A_TIME, torch.random.fork_rng(devices):
        before = np.random.get_state()
        torch.manual_seed(seed)
        np.random.seed(seed % 2**32)
        try:
            yield
        finally:
            np.random.set_state(before)


@contextmanager
def without_cudnn() -> Iterator[None]:
    """cuDNN off while any block needs it off: the first block switches it off, the last restores the setting."""
    global _without_cudnn, _was_enabled
    with _COUNTING:
        if _without_cudnn == 0:
            _was_enabled = torch.backends.cudnn.enabled
            torch.backends.cudnn.enabled = False
        _without_cudnn += 1
    try:
        yield
    finally:
        with _COUNTING:
            _without_cudnn -= 1
            if _without_cudnn == 0:
                torch.backends.cudnn.enabled = _was_enabled
