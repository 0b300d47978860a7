"""Windows of a series: what a network reads before an origin, and what it must say of the time behind it.

An origin is the number of values that are known. Training origins have all their targets in the part that is learned
from; a run is watched at origins of the next part; and the last part is for the finished network.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqviz.data.batch import Batch, shuffled
from seqviz.data.series import Part, Series
from seqviz.errors import InputError
from seqviz.specs import ModelSpec, NetworkSpec, Scaling, TrainSpec, WindowInput

MOST_WINDOWS = 20_000
"""Windows in an epoch; of a longer series evenly spaced ones."""
SCORED = 500
"""Windows scored together."""
LAGS = 32
"""Distances within a window at which moves are measured."""
Leak = Literal["none", "scaling", "shuffled"]
"""What of the future is let in on purpose: nothing; the scale of all values; or windows of the part by which a run is
watched, mixed among those learned from."""


@dataclass(frozen=True)
class Scale:
    """A value is read as (value − mean) / size; both are learned from a part of the series.

    With "level", `size` is the standard deviation; with "change" how far values of a window lie from its last one, in
    the mean. Of a constant series it is 1.
    """

    mean: float
    size: float
    other_means: Float[Tensor, " columns"] | None = None
    other_sizes: Float[Tensor, " columns"] | None = None

    @classmethod
    def of(cls, series: Series, end: int, window: int, scaling: Scaling) -> "Scale":
        """Learned from the first `end` values."""
        values = series.values[:end]
        if scaling == "level":
            size = float(values.std())
        else:
            lags = torch.linspace(1, min(window, end - 1), min(window, LAGS)).long().tolist()
            size = sum(float((values[lag:] - values[:-lag]).abs().mean()) for lag in lags) / len(lags)
        size = size if size > 1e-9 * max(1e-9, float(values.abs().max())) else 1.0
        if series.others is None:
            return cls(float(values.mean()), size)
        others = series.others[:end]
        deviations = others.std(dim=0)
        floor = 1e-9 * others.abs().amax(dim=0)
        sizes = torch.where(deviations > floor, deviations, torch.ones_like(deviations))
        return cls(float(values.mean()), size, others.mean(dim=0), sizes)


@dataclass(frozen=True)
class Windows:
    """A series cut into windows of `window` values, each with the `horizon` values that follow it.

    With scaling "level" a network reads and answers scaled values; with "change" it reads their distances from the last
    value of the window and answers changes from there. A `recursive` one is asked for the next value at every step: its
    changes are those from the value just read, and its distances those from the window's first value, since the last
    would tell it the future.

    >>> from seqviz.data.generated_series import sine
    >>> windows = Windows(sine(), window=50, horizon=10)
    >>> batch = windows.batch(windows.origins("learned")[:3])
    >>> batch.inputs.shape, batch.targets.shape
    (torch.Size([3, 50, 1]), torch.Size([3, 10]))
    """

    series: Series
    window: int
    horizon: int
    scaling: Scaling = "change"
    recursive: bool = False
    leak: Leak = "none"
    fixed_scale: Scale | None = None

    objective = "forecast"

    def __post_init__(self) -> None:
        if self.recursive and self.series.others is not None:
            raise InputError(
                f"A recursive network would have to know {', '.join(self.series.other_names)} of the future; "
                "choose a direct network, or leave the other columns out."
            )
        for part in ("learned", "watched", "asked"):
            self.origins(part)

    @property
    def name(self) -> str:
        return self.series.name

    def for_network(self, spec: NetworkSpec) -> "Windows":
        """The windows that a network of this spec reads.

        Raises:
            InputError: it reads no windows, another number of columns, or longer windows than the series has.
        """
        if not isinstance(spec, ModelSpec) or not isinstance(spec.input, WindowInput):
            raise InputError("This network does not read windows of a series; choose one that has learned to forecast.")
        columns = 1 if self.series.others is None else 1 + self.series.others.shape[1]
        if spec.input.size != columns:
            raise InputError(f"The series has {columns} columns; this network reads {spec.input.size}.")
        horizon = self.horizon if spec.recursive else spec.horizon
        shape = (spec.input.window, horizon, spec.input.scaling, spec.recursive)
        if shape == (self.window, self.horizon, self.scaling, self.recursive):
            return self
        return replace(self, window=shape[0], horizon=shape[1], scaling=spec.input.scaling, recursive=spec.recursive)

    @cached_property
    def scale(self) -> Scale:
        """Learned from the part that is learned from; where the scale leaks, from all; a fixed one stays."""
        if self.fixed_scale is not None:
            return self.fixed_scale
        end = len(self.series) if self.leak == "scaling" else self.series.ends[0]
        return Scale.of(self.series, end, self.window, self.scaling)

    @cached_property
    def scaled(self) -> Float[Tensor, "time columns"]:
        """Every value as it is read, before its window is moved."""
        scale, series = self.scale, self.series
        values = ((series.values - scale.mean) / scale.size)[:, None]
        if series.others is not None:
            assert scale.other_means is not None
            assert scale.other_sizes is not None
            values = torch.cat([values, (series.others - scale.other_means) / scale.other_sizes], dim=1)
        return values.float()

    def origins(self, part: Part) -> Int[Tensor, " origins"]:
        """The origins of a part: all targets lie in it, and the window before them in the series.

        Raises:
            InputError: there are none.
        """
        learned, watched = self.series.ends
        low, high = {
            "learned": (self.window, learned),
            "watched": (max(self.window, learned), watched),
            "asked": (max(self.window, watched), len(self.series)),
        }[part]
        if high - self.horizon < low:
            room = high - low
            raise InputError(
                f"The series has {len(self.series):,} values; a window of {self.window} and {self.horizon} ahead do "
                f"not fit into the part that is {part} ({max(0, room)} origins of targets there). "
                "Shorten the window or the horizon, or bring a longer series."
            )
        return torch.arange(low, high - self.horizon + 1)

    def batch(self, origins: Int[Tensor, " origins"]) -> Batch:
        """Windows `(origins, window, columns)` and their targets; only origins that have all of them."""
        return Batch(self.inputs(origins), self._targets(origins))

    def inputs(self, origins: Int[Tensor, " origins"]) -> Float[Tensor, "origins window columns"]:
        """What is read at each origin; nothing behind it."""
        return self.moved(self.scaled_windows(origins))

    def moved(self, windows: Float[Tensor, "origins window columns"]) -> Float[Tensor, "origins window columns"]:
        """Scaled windows as they are read: with changes, from their last or their first value."""
        if self.scaling == "level":
            return windows
        moved = windows.clone()
        moved[..., 0] -= windows[:, :1, 0] if self.recursive else windows[:, -1:, 0]
        return moved

    def scaled_windows(self, origins: Int[Tensor, " origins"]) -> Float[Tensor, "origins window columns"]:
        """The scaled values before each origin, not moved yet."""
        return self._taken(self.scaled, origins - self.window, self.window)

    def _targets(self, origins: Tensor) -> Tensor:
        values = self.scaled[:, 0]
        if self.recursive:
            following = self._taken(values, origins - self.window + 1, self.window)
            return following - self._taken(values, origins - self.window, self.window) * self._moves
        return self._taken(values, origins, self.horizon) - values[origins - 1, None] * self._moves

    @property
    def _moves(self) -> bool:
        return self.scaling == "change"

    @staticmethod
    def _taken(values: Tensor, starts: Tensor, count: int) -> Tensor:
        """`count` values from each start on; only those are copied."""
        return values[starts[:, None] + torch.arange(count)]

    def redrawn(self, values: Float[Tensor, " time"]) -> "Windows":
        """The same windows over other values, read at the same scale."""
        return replace(self, series=replace(self.series, values=values), fixed_scale=self.scale)

    @cached_property
    def drawn(self) -> tuple[Int[Tensor, " learned"], Int[Tensor, " watched"]]:
        """The origins that are learned from and those that the run is watched by; with a leak they lie mixed."""
        learned, watched = self.origins("learned"), self.origins("watched")
        if self.leak == "shuffled":
            mixed = torch.cat([learned, torch.arange(int(learned[-1]) + 1, int(watched[-1]) + 1)])
            mixed = mixed[torch.randperm(len(mixed), generator=torch.Generator().manual_seed(0))]
            border = len(mixed) * len(learned) // (len(learned) + len(watched))
            learned, watched = mixed[:border], mixed[border:]
        if len(learned) > MOST_WINDOWS:
            learned = learned[torch.linspace(0, len(learned) - 1, MOST_WINDOWS).long()]
        if len(watched) > SCORED * 4:
            watched = watched[torch.linspace(0, len(watched) - 1, SCORED * 4).long()]
        return learned, watched

    def steps_per_epoch(self, training: TrainSpec) -> int:
        return math.ceil(len(self.drawn[0]) / training.batch_size)

    def training_batches(self, training: TrainSpec, device: torch.device, after: int = 0) -> Iterator[Batch]:
        """Shuffled anew for every epoch, by one generator for the whole run."""
        origins, shuffle, step = self.drawn[0], torch.Generator().manual_seed(training.seed), 0
        for _ in range(training.epochs):
            for rows in shuffled(len(origins), training.batch_size, shuffle):
                step += 1
                if step > after:
                    yield self.batch(origins[rows]).to(device)

    def test_batches(self, device: torch.device | str = "cpu") -> Iterator[Batch]:
        """The windows that a run is watched by; NaN stands for what is not asked.

        The last part is for `experiments.rolling_origin`.
        """
        for origins in self.drawn[1].split(SCORED):
            batch = self.batch(origins)
            if self.recursive:  # it answers at every step of the window, most of which lies in the learned part
                steps = origins[:, None] - self.window + 1 + torch.arange(self.window)
                learned = steps < self.series.ends[0]
                batch = replace(batch, targets=batch.targets.masked_fill(learned, torch.nan))
            yield batch.to(device)
