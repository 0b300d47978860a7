"""Values that are missing from a series."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from seqviz.errors import InputError


def filled(values: Float[Tensor, " time"]) -> tuple[Float[Tensor, " time"], int]:
    """NaN replaced by the value before it, at the start by the first that is known; and how many there were.

    A straight line to the next value would tell a window that ends in a gap what comes after it.

    Raises:
        InputError: nothing else is there.

    >>> filled(torch.tensor([1.0, float("nan"), float("nan"), 4.0, float("nan")]))
    (tensor([1., 1., 1., 4., 4.]), 3)
    """
    known = values.isfinite().numpy()
    if not known.any():
        raise InputError("None of the values is a number, so there is nothing to fill the gaps from.")
    last = np.maximum.accumulate(np.where(known, np.arange(len(values)), 0))
    last[: int(known.argmax())] = int(known.argmax())
    return values[torch.from_numpy(last)], int((~known).sum())
