"""Rolling origin: every model is asked at many origins of the last part, which none has learned from (Tashman 2000)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import torch
from jaxtyping import Int
from torch import Tensor

from seqviz.data.series import Series
from seqviz.data.windows import Windows
from seqviz.errors import InputError
from seqviz.experiments.forecast_baselines import (
    MOST_FITTED,
    MOST_NUMBERS,
    baseline_forecast,
    baselines,
    fitted_baseline,
)
from seqviz.experiments.forecast_scores import RollingOrigin
from seqviz.instruments.forecasting import AT_ONCE, PATHS, Forecast, forecast
from seqviz.networks.network import SequenceNetwork
from seqviz.specs import ModelSpec, WindowInput
from seqviz.training.estimate import Cost

ORIGINS = 50


def asked_origins(series: Series, window: int, horizon: int, most: int = ORIGINS) -> Int[Tensor, " origins"]:
    """At most so many origins of the last part, evenly spaced.

    Raises:
        InputError: the horizon is longer than that part.
    """
    low, high = max(window, series.ends[1]), len(series) - horizon
    if high < low:
        raise InputError(
            f"The last part of the series has {len(series) - series.ends[1]:,} values; {horizon} steps ahead do not "
            "fit into it. Shorten the horizon."
        )
    return torch.arange(low, high + 1, max(1, -(-(high - low + 1) // most)))


def rolling_cost(series: Series, specs: Sequence[ModelSpec], horizon: int) -> Cost:
    """What asking them and all baselines will need: a network's windows and futures, or the linear model's numbers."""
    memory = 8.0 * 4 * MOST_NUMBERS
    seconds = 5.0 + 6e-3 * min(len(series), MOST_FITTED) * (2 if series.period > 1 else 1)
    for spec in specs:
        assert isinstance(spec.input, WindowInput)
        numbers = spec.encoder.hidden_size * (4 * AT_ONCE * spec.input.window + PATHS * AT_ONCE * 4)
        memory = max(memory, 4.0 * numbers)
        seconds += 1e-4 * (spec.input.window + horizon) * ORIGINS
    return Cost(memory, seconds)


def rolling_origin(
    networks: Mapping[str, SequenceNetwork],
    windows: Mapping[str, Windows],
    horizon: int,
    most: int = ORIGINS,
    *,
    with_baselines: bool = True,
) -> Iterator[float | RollingOrigin]:
    """Ask networks, by name, and every baseline; yields the share done, and what is known after each of them.

    Networks are trained already; baselines are fitted here, once, before the first origin.

    Raises:
        InputError: a network does not forecast so far, or reads another series.
    """
    first = next(iter(windows.values()))
    series, widest = first.series, max(one.for_network(networks[name].spec).window for name, one in windows.items())
    origins = asked_origins(series, widest, horizon, most)
    places = origins.tolist()
    truth = series.values[origins[:, None] + torch.arange(horizon)]
    found = RollingOrigin(series.name, tuple(places), truth, {}, series.mase_scale or 0.0)
    statistical = baselines(series, widest, horizon) if with_baselines else []
    total, done = len(networks) + len(statistical), 0

    def with_one(name: str, said: Forecast) -> RollingOrigin:
        return replace(found, forecasts={**found.forecasts, name: said})

    for name, network in networks.items():
        found = with_one(name, forecast(network, windows[name], origins, horizon))
        done += 1
        yield found
        yield done / total
    for ways in statistical:
        model = fitted_baseline(ways, series, horizon)
        found = with_one(model.name, baseline_forecast(model, series, places, horizon))
        done += 1
        yield found
        yield done / total
