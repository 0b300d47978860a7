"""What the tests of workers let them compute."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import torch

from seqviz.errors import SpecError
from seqviz.workers.computation import Control


def count(_: Control, most: int) -> Iterator[int]:
    yield from range(most)


def clock(control: Control, most: int) -> Iterator[float]:
    """The time, a hundred times a second."""
    for _ in range(most):
        yield time.time()
        time.sleep(0.01)


def squares(most: int) -> Iterator[float | list[int]]:
    """As a page's long work: shares of 1, and what is known so far."""
    for number in range(1, most + 1):
        yield [one**2 for one in range(number)]
        yield number / most


def endless() -> Iterator[float]:
    while True:
        yield 0.5
        time.sleep(0.001)


def until_told(control: Control) -> Iterator[int]:
    """Says 0, then all that it is told, until it is told to stop."""
    yield 0
    while not control.stopped():
        time.sleep(0.001)
        if control.snapshot_asked():
            yield 1
    yield 2


def deaf(_: Control) -> Iterator[int]:
    """Looks at nothing that it is told."""
    yield os.getpid()
    while True:
        time.sleep(0.1)


def dies(_: Control) -> Iterator[int]:
    yield 0
    os.kill(os.getpid(), signal.SIGKILL)


def dies_once(mark: Path) -> Iterator[float | str]:
    """The first process that computes this ends without a word."""
    yield 0.5
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    yield "done"


def dies_always() -> Iterator[float]:
    yield 0.5
    os.kill(os.getpid(), signal.SIGKILL)


def allocates_much(_: Control) -> Iterator[int]:
    yield 0
    yield len(torch.zeros(10**10))


def allocates_often(_: Control) -> Iterator[int]:
    kept = []
    while True:
        kept.append(bytearray(10**5))
        yield len(kept)


def refuses(_: Control) -> Iterator[int]:
    yield 0
    raise SpecError(["units is 0", "layers is 9"])


def fails(_: Control) -> Iterator[int]:
    yield 0
    raise ValueError("a programming mistake")


def yields_what_cannot_be_sent(_: Control) -> Iterator[object]:
    yield lambda: None


def threads(_: Control) -> Iterator[int]:
    yield torch.get_num_threads()


def prints(_: Control) -> Iterator[int]:
    print("a library that prints", flush=True)
    os.write(1, b"or writes to the file itself\n")
    yield 1


def loads_compiler(_: Control) -> Iterator[tuple[bool, float]]:
    """Whether the compiler has been loaded, and what an optimizer makes of a weight; before and after it has to be."""
    for _ in range(2):
        weight = torch.nn.Parameter(torch.ones(()))
        optimizer = torch.optim.SGD([weight], lr=0.5)
        (weight**2).backward()
        optimizer.step()
        yield "sympy" in sys.modules, weight.item()
        assert torch.func.jacrev(torch.tanh)(torch.zeros(3)).equal(torch.eye(3))
