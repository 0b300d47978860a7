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
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.training.events import StepCompleted
from seqviz.training.loop import total_steps, train

LEAKS: dict[Leak, str] = {
    "none": "Split by time, scaled by the past",
    "scaling": "Scaled by all values",
    "shuffled": "Windows shuffled over time",
}


def leaky_recipe(series: Series, leak: Leak) -> tuple[ModelSpec, TrainSpec, Windows]:
    """A network with room to learn by heart, and windows with this leak; 8 steps ahead."""
    window, horizon = 32, 8
    spec = ModelSpec.forecaster("gru", 64, window=window, horizon=horizon, scaling="level", quantiles=False)
    training = TrainSpec(epochs=60, batch_size=64, learning_rate=1e-2, schedule="one-cycle", eval_every=10**9)
    series = replace(series, others=None, other_names=())
    return spec, training, Windows(series, window, horizon, "level", leak=leak)


@dataclass(frozen=True)
class LeakScores:
    """By leak: the error in terms of that of the last value at the same origins, so that 1 is no better than yesterday.

    `claimed` is what one would report, `honest` what the same network is worth in the part that nobody has touched,
    read at the scale that the past gives.
    """

    claimed: Mapping[Leak, float]
    honest: Mapping[Leak, float]


def leak_scores(series: Series, seed: int = 0) -> Iterator[float | LeakScores]:
    """Train once for each leak; yields the share done and what is known."""
    claimed: dict[Leak, float] = {}
    honest: dict[Leak, float] = {}
    for number, leak in enumerate(LEAKS):
        spec, training, windows = leaky_recipe(series, leak)
        windows = windows.for_network(spec)
        model, total = build_model(spec, seed), total_steps(windows, training)
        for event in train(model, windows, replace(training, seed=seed)):
            if isinstance(event, StepCompleted) and event.step % 20 == 0:
                yield (number + event.step / total) / len(LEAKS)
        claimed[leak] = _beside_the_last_value(model, windows, windows.drawn[1])
        past = replace(windows, leak="none")
        honest[leak] = _beside_the_last_value(model, past, asked_origins(series, windows.window, windows.horizon, 200))
        yield LeakScores(dict(claimed), dict(honest))
    yield 1.0


def _beside_the_last_value(model: SequenceNetwork, windows: Windows, origins: Tensor) -> float:
    truth = windows.series.values[origins[:, None] + torch.arange(windows.horizon)]
    error = (forecast(model, windows, origins, intervals=False).values - truth).abs().mean()
    return float(error / (windows.series.values[origins - 1, None] - truth).abs().mean())
