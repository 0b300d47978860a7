"""The global generators, lent and given back: for code of others that draws from nowhere else.

Fused layers draw their dropout masks, and Captum its samples, from PyTorch's and NumPy's global generators.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

_ONE_AT_A_TIME = threading.Lock()


@contextmanager
def borrowed_randomness(seed: int) -> Iterator[None]:
    """Seed the global generators for a block, under a lock, and give their states back."""
    devices = list(range(torch.cuda.device_count()))
    with _ONE_AT_A_TIME, torch.random.fork_rng(devices):
        before = np.random.get_state()
        torch.manual_seed(seed)
        np.random.seed(seed % 2**32)
        try:
            yield
        finally:
            np.random.set_state(before)
