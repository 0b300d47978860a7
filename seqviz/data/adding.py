"""The adding problem: add up two marked numbers in a long sequence (Hochreiter and Schmidhuber 1997, section 5.4).

Here numbers are uniform in [0, 1], one mark lies in each half and the target is the plain sum, as in Le, Jaitly and
Hinton 2015 (arXiv 1504.00941). Answering 1 always has a squared error of 1/6.
"""

import torch
from torch import Tensor

from seqviz.data.batch import Batch
from seqviz.data.datasets import SequenceData
from seqviz.errors import InputError


def adding_problem(time: int, train: int = 2000, test: int = 500, seed: int = 0) -> SequenceData:
    """Sequences `(n, time, 2)` of a number and a mark, and the sum of the two marked numbers.

    Raises:
        InputError: `time` is below 2.

    >>> data = adding_problem(10)
    >>> x, y = data.train.inputs[0], data.train.targets[0]
    >>> x.shape, bool(torch.isclose((x[:, 0] * x[:, 1]).sum(), y))
    (torch.Size([10, 2]), True)
    """
    if time < 2:
        raise InputError(f"The adding problem was asked for {time} steps; two marks need at least 2.")
    generator = torch.Generator().manual_seed(seed)
    learned, scored = _draw(train, time, generator), _draw(test, time, generator)
    return SequenceData("adding", learned, scored, objective="squared_error")


def _draw(count: int, time: int, generator: torch.Generator) -> Batch:
    numbers = torch.rand(count, time, generator=generator)
    marks = torch.zeros(count, time)
    halves: tuple[tuple[int, int], ...] = ((0, time // 2), (time // 2, time))
    for low, high in halves:
        where: Tensor = torch.randint(low, high, (count, 1), generator=generator)
        marks.scatter_(1, where, 1.0)
    return Batch(torch.stack([numbers, marks], dim=-1), (numbers * marks).sum(dim=1))
