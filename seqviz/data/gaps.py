"""Values that are missing from a series."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from seqviz.errors import InputError


def filled(values: Float[Tensor, " time"]) -> tuple[Float[Tensor, " time"], int]:
    """NaN replaced by straight lines between its neighbours, at the ends by the nearest value; and how many there were.

    Raises:
        InputError: nothing else is there.

    >>> filled(torch.tensor([1.0, float("nan"), float("nan"), 4.0, float("nan")]))
    (tensor([1., 2., 3., 4., 4.]), 3)
    """
    known = values.isfinite().numpy()
    if not known.any():
        raise InputError("None of the values is a number, so there is nothing to fill the gaps from.")
    places = np.arange(len(values))
    lines = np.interp(places, places[known], values.numpy()[known])
    return torch.from_numpy(lines).to(values), int((~known).sum())
