"""A forecast on the clock: the window is read, the state fills, and behind the origin the fan opens."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from seqviz.data.series import Series
from seqviz.instruments.forecasting import WatchedForecast
from seqviz.networks.unroll import LayerTrace
from seqviz.palette import CELL_COLOURS, CELL_NAMES
from seqviz.player.timeline import Fan, Heatmap, Mark, Moment, Panel, Text, Timeline
from seqviz.specs import ModelSpec
from seqviz.timelines.answers import largest
from seqviz.timelines.wording import in_unit

SHOWN = 600
"""Values of the whole series that the strip shows."""
TRUTH, FREE = "reads true values", "reads its own"


def forecast_timeline(
    spec: ModelSpec,
    series: Series,
    watched: Sequence[WatchedForecast],
    orders: Sequence[Sequence[int]],
    signals: Sequence[str] = ("hidden",),
) -> Timeline:
    """One clock through the window and the time ahead; several origins are its second time.

    `orders` are the units of each layer in the order drawn; every origin has its own values in the same panels.
    """
    moments = tuple(
        Moment(one.origin, tuple(_panels(spec, series, one, orders, signals, watched)), (_now(series, one),))
        for one in watched
    )
    last, steps = moments[-1], watched[-1].window + watched[-1].horizon
    timeline = Timeline(steps, last.panels, marks=last.marks, step_name=series.step, rate=steps / 10)
    if len(moments) == 1:
        return timeline
    return replace(timeline, moments=moments, moment_name=f"known {series.step}", moment_title="Origin")


def _now(series: Series, one: WatchedForecast) -> Mark:
    return Mark(one.window, f"now, {series.time(one.origin - 1)}")


def _panels(
    spec: ModelSpec,
    series: Series,
    one: WatchedForecast,
    orders: Sequence[Sequence[int]],
    signals: Sequence[str],
    every: Sequence[WatchedForecast],
) -> list[Panel]:
    count = one.window + one.horizon
    first = one.origin - one.window
    free = np.full(count, np.nan)
    free[one.window :] = one.free.values[0].numpy()
    quantiles = None
    if one.free.quantiles is not None:
        quantiles = np.full((count, one.free.quantiles.shape[2]), np.nan)
        quantiles[one.window :] = one.free.quantiles[0].numpy()
    base = float(one.truth[0])
    stride = max(1, len(series) // SHOWN)
    fan = Fan(
        _title(series, one),
        one.truth.numpy() - base,
        one.ahead.numpy() - base,
        free - base,
        None if quantiles is None else quantiles - base,
        one.window,
        series.values[::stride].numpy() - float(series.values.min()),
        (first / len(series), one.origin / len(series), min(1.0, (one.origin + one.horizon) / len(series))),
        [series.time(first + step) for step in range(count)],
        series.unit,
        CELL_COLOURS[spec.cell],
        base,
        series.decimals,
    )
    sentences = Text("What it reads and says", _sentences(series, one))
    return [sentences, fan, *_heatmaps(spec, one, orders, signals, every)]


def _sentences(series: Series, one: WatchedForecast) -> list[str]:
    """What is read at each step, then what is said."""
    first, found = one.origin - one.window, []
    digits = series.decimals
    truth, ahead, free = one.truth.tolist(), one.ahead.tolist(), one.free.values[0].tolist()
    for step in range(one.window + one.horizon):
        time, true = series.time(first + step), in_unit(truth[step], series.unit, digits)
        if step < one.window:
            said = in_unit(ahead[step], "", digits)
            before = f"; one {series.step} before it said {said}" if math.isfinite(ahead[step]) else ""
            found.append(f"{time}: it reads {true}{before}.")
            continue
        number = step - one.window + 1
        steps = f"{number} {series.step}{'s' if number > 1 else ''}"
        known = f"; what came was {true}" if math.isfinite(truth[step]) else "; nobody knows yet"
        found.append(f"{time}, {steps} ahead: it says {in_unit(free[number - 1], series.unit, digits)}{known}.")
    return found


def _title(series: Series, one: WatchedForecast) -> str:
    return f"{series.title}: {one.window} {series.step}s are read, {one.horizon} forecast"


def _heatmaps(
    spec: ModelSpec,
    one: WatchedForecast,
    orders: Sequence[Sequence[int]],
    signals: Sequence[str],
    every: Sequence[WatchedForecast],
) -> list[Heatmap]:
    found = []
    ways = {TRUTH: one.states} if one.free_states is None else {TRUTH: one.states, FREE: one.free_states}
    for signal in signals:
        limit = max(
            largest(layer.signal(signal), 1.0)
            for each in every
            for layers in (each.states, each.free_states or ())
            for layer in layers
        )
        for way, layers in ways.items():
            for index, (layer, order) in enumerate(zip(layers, orders, strict=True)):
                found.append(_heatmap(spec, layer, order, signal, way if len(ways) > 1 else "", index, limit))
    return found


def _heatmap(
    spec: ModelSpec, layer: LayerTrace, order: Sequence[int], signal: str, way: str, index: int, limit: float
) -> Heatmap:
    what = "Hidden state h" if signal == "hidden" else "Cell state c" if signal == "cell" else f"{signal.title()} gate"
    number = f" layer {layer.layer + 1}" if spec.encoder.num_layers > 1 else ""
    values = layer.signal(signal)[0][:, torch.tensor(list(order))]
    title = ", ".join(filter(None, (f"{what}, {CELL_NAMES[spec.cell]}{number}", way)))
    share = signal not in ("hidden", "cell", "candidate", "new", "preactivation")
    return Heatmap(
        title,
        values.numpy(),
        list(order),
        symbol="h" if signal == "hidden" else signal,
        scale="share" if share else "signed",
        limit=1.0 if share else limit,
        layer=index,
    )


def unit_orders(layers: Sequence[LayerTrace]) -> list[list[int]]:
    """The units of each layer, those that go up together beside each other: by their first principal component."""
    orders = []
    for layer in layers:
        hidden = layer.hidden[0] - layer.hidden[0].mean(dim=0)
        _, _, directions = torch.linalg.svd(hidden, full_matrices=False)
        orders.append(directions[0].argsort(descending=True).tolist())
    return orders
