"""What a score is worth where the future was let in: the scale of all values, or windows drawn from all of time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from seqviz.data.series import Series
from seqviz.data.windows import Leak, Windows
from seqviz.experiments.rolling_origin import asked_origins
from seqviz.instruments.forecasting import forecast
from seqviz.networks.build import build_model
from seqviz.networks.network import SequenceNetwork
from seqviz.specs import ModelSpec, Scaling, TrainSpec
from seqviz.training.events import StepCompleted
from seqviz.training.loop import total_steps, train


@dataclass(frozen=True)
class Arm:
    """One way to prepare a series: what leaks, and how the network reads it."""

    title: str
    leak: Leak
    scaling: Scaling


ARMS = {
    "split": Arm("Split by time", "none", "change"),
    "shuffled": Arm("Windows shuffled over time", "shuffled", "change"),
    "level": Arm("Levels, scaled by the past", "none", "level"),
    "scaling": Arm("Levels, scaled by all values", "scaling", "level"),
}
"""Two leaks, each behind the same network without it."""


def leaky_recipe(series: Series, name: str) -> tuple[ModelSpec, TrainSpec, Windows]:
    """A network with room to learn by heart, and windows as one of `ARMS` has them; 8 steps ahead."""
    window, horizon, arm = 32, 8, ARMS[name]
    spec = ModelSpec.forecaster("gru", 64, window=window, horizon=horizon, scaling=arm.scaling, quantiles=False)
    training = TrainSpec(epochs=60, batch_size=64, learning_rate=1e-2, schedule="one-cycle", eval_every=10**9)
    alone = replace(series, others=None, other_names=())
    return spec, training, Windows(alone, window, horizon, arm.scaling, leak=arm.leak)


@dataclass(frozen=True)
class LeakScores:
    """By arm: the error in terms of that of the last value at the same origins, so that 1 is no better than yesterday.

    `claimed` is what one would report, `honest` what the same network is worth in the part that nobody has touched,
    read at the scale that the past gives.
    """

    claimed: Mapping[str, float]
    honest: Mapping[str, float]


def leak_scores(series: Series, seed: int = 0) -> Iterator[float | LeakScores]:
    """Train once for each arm; yields the share done and what is known."""
    claimed: dict[str, float] = {}
    honest: dict[str, float] = {}
    for number, name in enumerate(ARMS):
        spec, training, windows = leaky_recipe(series, name)
        windows = windows.for_network(spec)
        model, total = build_model(spec, seed), total_steps(windows, training)
        for event in train(model, windows, replace(training, seed=seed)):
            if isinstance(event, StepCompleted) and event.step % 20 == 0:
                yield (number + event.step / total) / len(ARMS)
        claimed[name] = _beside_the_last_value(model, windows, windows.drawn[1])
        past = replace(windows, leak="none")
        honest[name] = _beside_the_last_value(model, past, asked_origins(series, windows.window, windows.horizon, 200))
        yield LeakScores(dict(claimed), dict(honest))
    yield 1.0


def _beside_the_last_value(model: SequenceNetwork, windows: Windows, origins: Tensor) -> float:
    truth = windows.series.values[origins[:, None] + torch.arange(windows.horizon)]
    error = (forecast(model, windows, origins, intervals=False).values - truth).abs().mean()
    return float(error / (windows.series.values[origins - 1, None] - truth).abs().mean())
