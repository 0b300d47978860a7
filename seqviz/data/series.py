"""A series in time: its values, what is measured beside them, its calendar and its season."""

import math
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Literal

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from seqviz.errors import InputError

LEARNED, WATCHED = 0.7, 0.8
"""Where the part that is learned from ends, and the one by which a run is watched, as shares of a series."""
FEWEST, MOST = 20, 1_000_000
"""Values of a series that can be forecast."""
LARGEST = 1e12

Part = Literal["learned", "watched", "asked"]


@dataclass(frozen=True)
class Series:
    """Values `(time,)` at equal distances in `unit`, and `others` `(time, columns)` that are known beside them.

    `period` is the number of steps in a season (1: none), `step` what a step is called. A series with a calendar has
    a `start` (ISO 8601) and a `frequency` as pandas writes it. `notes` say what was done to the data.

    >>> series = Series("counts", "Counts", "events", torch.arange(40.0).double(), period=4, step="quarter",
    ...                 start="2020-01-01", frequency="QS")
    >>> len(series), series.ends, series.time(1), series.time(40)
    (40, (28, 32), '2020-04-01', '2030-01-01')
    """

    name: str
    title: str
    unit: str
    values: Float[Tensor, " time"]
    period: int = 1
    step: str = "step"
    start: str | None = None
    frequency: str | None = None
    others: Float[Tensor, "time columns"] | None = None
    other_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        count = len(self.values)
        if not FEWEST <= count <= MOST:
            raise InputError(
                f"The series has {count:,} values; from {FEWEST} to {MOST:,} can be forecast. "
                + ("Bring a longer one." if count < FEWEST else "Bring a shorter one, or means over longer steps.")
            )
        for values in (self.values, *(() if self.others is None else (self.others,))):
            if not bool(torch.isfinite(values).all()):
                place = int((~torch.isfinite(values)).nonzero()[0, 0])
                raise InputError(f"The value at step {place + 1} is no finite number. Fill it, or leave it out.")
            if float(values.abs().max()) > LARGEST:
                largest = float(values.abs().max())
                raise InputError(f"A value of {largest:.3g} is too large; at most {LARGEST:g} is read. Choose a unit.")

    def __len__(self) -> int:
        return len(self.values)

    @property
    def ends(self) -> tuple[int, int]:
        """The first step that is not learned from, and the first at which only the finished network is asked."""
        count = len(self)
        return math.floor(LEARNED * count), math.floor(WATCHED * count)

    @property
    def learned(self) -> Float[Tensor, " learned"]:
        """The part that networks and baselines learn from."""
        return self.values[: self.ends[0]]

    @cached_property
    def mase_scale(self) -> float | None:
        """The mean error of the seasonal naive forecast on the learned part; None where that is exact."""
        learned = self.learned
        error = float((learned[self.period :] - learned[: -self.period]).abs().mean())
        return error if error > 1e-9 * float(learned.abs().max()) else None

    @property
    def decimals(self) -> int:
        """Decimals of a value that tell it from its neighbours."""
        move = float(self.values.diff().abs().mean())
        return max(0, min(6, -math.floor(math.log10(move / 3)))) if move > 0 else 1

    @cached_property
    def times(self) -> pd.DatetimeIndex | None:
        """The calendar of the values; None without one."""
        return None if self.start is None else pd.date_range(self.start, periods=len(self), freq=self.frequency)

    def time(self, step: int) -> str:
        """When a step is, from 0 on; it may lie behind the last value."""
        if self.times is None:
            return f"{self.step} {step + 1}"
        if step < len(self):
            return self._written(self.times[step])
        ahead = pd.date_range(self.times[-1], periods=step - len(self) + 2, freq=self.frequency)
        return self._written(ahead[-1])

    def _written(self, time: datetime) -> str:
        if self.frequency is not None and self.frequency.startswith("YS"):
            return f"{time:%Y}"
        return f"{time:%Y-%m-%d}" if (time.hour, time.minute, time.second) == (0, 0, 0) else f"{time:%Y-%m-%d %H:%M}"
