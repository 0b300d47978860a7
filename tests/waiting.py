"""Waiting for a state that another thread or process brings about."""

import time
from collections.abc import Callable

PATIENCE = 120.0
"""Seconds after which something is taken to hang; no test is faster or slower for it, or fails on a busy machine."""


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)
