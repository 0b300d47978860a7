"""Global state of PyTorch and NumPy, changed for the length of a block and restored after it.

Fused layers draw their dropout masks, and Captum its samples, from the global generators, and cuDNN's recurrent layers
cannot go backward in eval mode; how many threads compute is a setting of the whole process. There is no other way to
control them.
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
_former_threads: list[int] = []  # the number before the first of the blocks under way, once for each of them


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


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Compute with so many threads in a block.

    Threads of Python that start later begin with what this one sets, so all blocks that overlap restore the number from
    before the first of them.
    """
    with _COUNTING:
        former = _former_threads[0] if _former_threads else torch.get_num_threads()
        _former_threads.append(former)
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(former)
        with _COUNTING:
            _former_threads.pop()
