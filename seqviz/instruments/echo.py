"""Whether a forecast says what will come, or repeats what was: the trap of one step ahead."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from seqviz.errors import InputError

LAGS = 10
NEARER = 0.7
"""An echo is nearer to the value that it repeats than this share of its distance from the one that it is for."""


@dataclass(frozen=True)
class Echo:
    """`errors[k]` is the mean distance of one-step forecasts from the values k steps before those they are for.

    `lag` is where it is smallest: 0 for a forecast of the future, 1 for one that repeats the last value.
    """

    errors: Float[Tensor, " lags"]

    @property
    def lag(self) -> int:
        return int(self.errors.argmin())

    @property
    def repeats(self) -> bool:
        """Whether what was forecast is much nearer to an earlier value than to the one that came."""
        return self.lag > 0 and float(self.errors[self.lag]) < NEARER * float(self.errors[0])


def echo(forecasts: Float[Tensor, " time"], truth: Float[Tensor, " time"], lags: int = LAGS) -> Echo:
    """Compare forecasts from one step before with the series, moved by 0, 1, … steps.

    Every lag is measured at the same forecasts, those that have all earlier values beside them.

    Raises:
        InputError: there are fewer forecasts than twice the lags.

    >>> walk = torch.arange(40.0) % 7
    >>> echo(walk.roll(1), walk).lag
    1
    """
    if len(forecasts) != len(truth) or len(truth) < 2 * lags:
        raise InputError(f"There are {len(forecasts)} forecasts of {len(truth)} values; it takes {2 * lags} of both.")
    said = forecasts[lags:]
    return Echo(torch.stack([(said - truth[lags - lag : len(truth) - lag]).abs().mean() for lag in range(lags + 1)]))
