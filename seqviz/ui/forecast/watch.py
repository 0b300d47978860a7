"""Watch: the window moves over the series, the state fills, and behind the last value the forecast opens like a fan."""

from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import pandas as pd
import streamlit as st
import torch

from seqviz import snippets
from seqviz.data.sketch import POINTS
from seqviz.data.windows import Windows
from seqviz.experiments.forecast_baselines import SeasonalNaive
from seqviz.instruments.arrays import layer_arrays, to_npz
from seqviz.instruments.forecasting import WatchedForecast, watch_forecast
from seqviz.player.gif import to_gif
from seqviz.player.page import to_html
from seqviz.player.timeline import Timeline
from seqviz.snippets.subjects import Forecaster
from seqviz.timelines.forecast import forecast_timeline
from seqviz.timelines.wording import in_unit
from seqviz.ui.shell.forecasters import (
    choose_forecaster,
    chosen_origin,
    orders_of,
    origins_of,
    origins_timeline,
    play_forecast,
    shown_horizon,
    watched_origins,
)
from seqviz.ui.shell.frame import code, mode
from seqviz.ui.shell.sketch import sketch_pad
from seqviz.ui.shell.stage import View
from seqviz.ui.shell.url import pick

PASTS = {"measured": "As measured", "drawn": "Drawn by hand"}


@dataclass(frozen=True)
class Watch:
    """A network at one origin; with `windows` of its own where a piece of the past is drawn by hand."""

    one: Forecaster
    origin: int
    windows: Windows | None

    @cached_property
    def watched(self) -> WatchedForecast:
        one = self.one
        if self.windows is not None:
            return watch_forecast(one.model, self.windows, self.origin, shown_horizon(one))
        origins = origins_of(one)
        return watched_origins(one.name, one.version, origins, one)[origins.index(self.origin)]


def _choose() -> Watch:
    one = choose_forecaster("forecaster")
    origin = chosen_origin(one)
    if one.series.others is not None:
        return Watch(one, origin, None)
    past = pick("The past", list(PASTS), "past", names=PASTS)
    return Watch(one, origin, _drawn(one, origin) if past == "drawn" else None)


def _drawn(one: Forecaster, origin: int) -> Windows | None:
    """Windows over a series whose last window before the origin is what was drawn, where something was."""
    windows, series = one.windows, one.series
    first = origin - windows.window
    read = series.values[first:origin]
    low, high = float(read.min()), float(read.max())
    margin = 0.5 * (high - low) or 1.0
    low, high = low - margin, high + margin
    places = torch.linspace(0, windows.window - 1, POINTS).long()
    base = ((read[places] - low) / (high - low)).tolist()
    heights = sketch_pad(
        "past by hand",
        "sketched_past",
        "Draw a piece of the window that the network reads",
        low=in_unit(low, ""),
        high=in_unit(high, ""),
        start=series.time(first),
        stop=series.time(origin - 1),
        base=base,
    )
    st.caption("Draw over the faint line, which is what was measured. What you leave out stays.")
    if all(height is None for height in heights):
        return None
    drawn = np.array([np.nan if height is None else low + height * (high - low) for height in heights])
    known = np.isfinite(drawn)
    at = places.numpy()
    steps = np.arange(windows.window)
    between = np.interp(steps, at[known], drawn[known])
    inside = np.interp(steps, at, known.astype(float)) > 0.5  # nearer to a place that was drawn
    values = series.values.clone()
    values[first:origin] = torch.where(torch.from_numpy(inside), torch.from_numpy(between), read)
    return windows.redrawn(values)


def _result(watch: Watch) -> str:
    """How far the free forecast is off, beside the last season or value."""
    one, seen, series = watch.one, watch.watched, watch.one.series
    steps = f"{seen.horizon} {series.step}s"
    last = series.time(watch.origin - 1)
    if watch.windows is not None:
        here = watched_origins(one.name, one.version, origins_of(one), one)[origins_of(one).index(watch.origin)]
        moved = float((seen.free.values - here.free.values).abs().mean())
        return f"With your past, the forecast of {steps} moves by **{in_unit(moved, series.unit)}** in the mean."
    truth = seen.truth[seen.window :]
    known = truth.isfinite()
    error = float((seen.free.values[0] - truth)[known].abs().mean())
    period = series.period if watch.origin >= series.period else 1
    naive = torch.from_numpy(SeasonalNaive(period).point(series.values[: watch.origin].numpy(), seen.horizon))
    other = float((naive - truth)[known].abs().mean())
    what = f"the last {'value' if period == 1 else 'season'} again"
    return (
        f"After {last} it runs free for {steps} and is off by **{in_unit(error, series.unit)}** in the mean; "
        f"{what} would be by {in_unit(other, series.unit)}."
    )


def _timeline(watch: Watch) -> Timeline:
    one = watch.one
    if watch.windows is None:
        return origins_timeline(one.name, one.version, ("hidden",), one)
    orders = orders_of(one.name, one.version, one)
    return forecast_timeline(one.spec, watch.windows.series, [watch.watched], orders)


def _show(watch: Watch) -> None:
    one, seen, timeline = watch.one, watch.watched, _timeline(watch)
    play_forecast(timeline, f"forecast {one.name} {'drawn' if watch.windows else ''}", one, watch.origin)
    learned, asked = (one.series.time(end) for end in one.series.ends)
    st.caption(
        f"The lower scrubber moves the window. It learned from what lies before {learned}; what comes from {asked} on "
        "it has never met. Dashed: one step ahead, always from true values. Coloured: what it says alone, with "
        "intervals of 50 and 90 %."
        if watch.windows is None
        else "The true line behind the origin is what followed the measured past, not yours."
    )
    _downloads(watch, seen, timeline)
    if watch.windows is None:
        code(
            snippets.forecasting(one, watch.origin, seen.horizon),
            "The same forecast from the same window, with PyTorch's own layers.",
        )


def _downloads(watch: Watch, seen: WatchedForecast, timeline: Timeline) -> None:
    series, name = watch.one.series, f"seqviz-{watch.one.name}"

    def table() -> str:
        first = watch.origin - seen.window
        free = [None] * seen.window + seen.free.values[0].tolist()
        rows = {
            "time": [series.time(first + step) for step in range(len(free))],
            "true": seen.truth.tolist(),
            "one step ahead": seen.ahead.tolist(),
            "free": free,
        }
        return pd.DataFrame(rows).to_csv(index=False)

    with st.container(horizontal=True):
        for label, content, file, mime in (
            ("Page that plays anywhere", partial(to_html, timeline, "A forecast"), f"{name}.html", "text/html"),
            ("GIF", partial(to_gif, timeline, mode()), f"{name}.gif", "image/gif"),
            ("Values (CSV)", table, f"{name}.csv", "text/csv"),
            ("Every signal (NPZ)", lambda: to_npz(layer_arrays(seen.states)), f"{name}.npz", "application/zip"),
        ):
            st.download_button(label, content, file, mime, on_click="ignore")


VIEW = View(
    "watch",
    "Watch",
    _choose,
    _show,
    result=_result,
    notice=(
        "While the window is read, the network sees every true value; behind the line it has only what it said itself.",
        "The dashed line looks perfect nearly everywhere: one step ahead is easy. The coloured one is the honest test.",
        "The fan opens with the distance, because errors add up; whether 90 % of the values lie in it is on Compare.",
    ),
    question="Choose the random walk. The dashed line hugs the truth there, too. What does the free one look like?",
)
