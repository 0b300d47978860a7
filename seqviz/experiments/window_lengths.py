"""How much past a forecast needs: the same network with windows of different lengths."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch

from seqviz.data.series import Series
from seqviz.data.windows import Windows
from seqviz.instruments.forecasting import forecast
from seqviz.networks.build import build_model
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.training.events import StepCompleted
from seqviz.training.loop import total_steps, train
from seqviz.training.recipes import series_recipe, series_windows

MOST = 500  # origins at which a length is judged


@dataclass(frozen=True)
class WindowErrors:
    """The error by the length of the window, at the same origins, up to `horizon` steps ahead.

    It is a MASE where that is defined. The origins lie in the part that runs are watched by: the last one is not for
    choosing.
    """

    by_length: Mapping[int, float]
    horizon: int


def lengths_of(series: Series) -> list[int]:
    """Lengths that are worth a look: from 2 values on, each twice the one before, up to that of the recipe."""
    longest = series_windows(series).window
    found = [longest]
    while found[-1] // 2 >= 2:
        found.append(found[-1] // 2)
    return sorted(found)


def forecaster_of_length(series: Series, length: int) -> tuple[ModelSpec, TrainSpec]:
    """The network of the recipe, direct, with another window."""
    spec, training = series_recipe(series)
    windows = series_windows(series)
    spec = ModelSpec.forecaster(
        spec.cell,
        spec.encoder.hidden_size,
        window=length,
        horizon=windows.horizon,
        columns=spec.input.size,
        scaling=windows.scaling,
    )
    return spec, replace(training, eval_every=10**9, snapshot_every=0)


def window_lengths(series: Series, lengths: Sequence[int], seed: int = 0) -> Iterator[float | WindowErrors]:
    """Train one network for each length; yields the share done, and what is known."""
    found: dict[int, float] = {}
    horizon = series_windows(series).horizon
    origins = Windows(series, max(lengths), horizon).drawn[1][:MOST]
    truth = series.values[origins[:, None] + torch.arange(horizon)]
    for number, length in enumerate(lengths):
        spec, training = forecaster_of_length(series, length)
        windows = Windows(series, length, horizon).for_network(spec)
        model, total = build_model(spec, seed), total_steps(windows, training)
        for event in train(model, windows, replace(training, seed=seed)):
            if isinstance(event, StepCompleted) and event.step % 20 == 0:
                yield (number + event.step / total) / len(lengths)
        error = float((forecast(model, windows, origins, horizon, intervals=False).values - truth).abs().mean())
        found[length] = error / (series.mase_scale or 1.0)
        yield WindowErrors(dict(found), horizon)
    yield 1.0
