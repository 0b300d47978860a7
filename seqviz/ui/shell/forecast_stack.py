"""A forecasting network on the clock, signal by signal, with what to take along: what two pages show of it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import streamlit as st

from seqviz import snippets
from seqviz.instruments.arrays import layer_arrays, to_npz
from seqviz.instruments.forecasting import WatchedForecast
from seqviz.player.gif import to_gif
from seqviz.player.page import to_html
from seqviz.snippets.subjects import Forecaster
from seqviz.timelines.wording import in_unit
from seqviz.ui.shell.forecasters import (
    choose_forecaster,
    chosen_origin,
    origins_of,
    origins_timeline,
    play_forecast,
    watched_origins,
)
from seqviz.ui.shell.frame import code, mode
from seqviz.ui.shell.stage import View


@dataclass(frozen=True)
class ForecastLook:
    """A forecasting network and the origin from which it is seen."""

    one: Forecaster
    origin: int

    @property
    def every(self) -> list[WatchedForecast]:
        return watched_origins(self.one.name, self.one.version, origins_of(self.one), self.one)

    @property
    def watched(self) -> WatchedForecast:
        return self.every[origins_of(self.one).index(self.origin)]


def choose_look() -> ForecastLook:
    """The controls of such a view."""
    one = choose_forecaster("forecaster")
    return ForecastLook(one, chosen_origin(one))


def what_it_forecasts(look: ForecastLook) -> str:
    """The result in a sentence."""
    seen, series = look.watched, look.one.series
    said = in_unit(float(seen.free.values[0, -1]), series.unit, series.decimals)
    return (
        f"It reads {seen.window} {series.step}s up to {series.time(look.origin - 1)} and says **{said}** for "
        f"{series.time(look.origin + seen.horizon - 1)}."
    )


def show_look(look: ForecastLook, signals: Callable[[Forecaster], tuple[str, ...]], key: str) -> None:
    """The forecast, and a heatmap for each signal of each layer."""
    one = look.one
    timeline = origins_timeline(one.name, one.version, signals(one), one)
    play_forecast(timeline, f"{key} of {one.name}", one, look.origin)
    name = f"seqviz-{key}-{one.name}"
    seen = look.watched
    with st.container(horizontal=True):
        for label, content, file, mime in (
            ("GIF for slides", partial(to_gif, timeline, mode()), f"{name}.gif", "image/gif"),
            ("Page that plays anywhere", partial(to_html, timeline, "A forecast"), f"{name}.html", "text/html"),
            ("Numbers (NPZ)", lambda: to_npz(layer_arrays(seen.states)), f"{name}.npz", "application/octet-stream"),
        ):
            st.download_button(label, content, file, mime, on_click="ignore")
    code(snippets.forecast_signals(one, look.origin), "Every signal while the window is read, by the one unrolling.")


def look_view(
    signals: Callable[[Forecaster], tuple[str, ...]], key: str, notice: tuple[str, ...], question: str
) -> View[ForecastLook]:
    """Such a view of a page."""
    return View(
        "forecast",
        "Forecast",
        choose_look,
        lambda look: show_look(look, signals, key),
        result=what_it_forecasts,
        notice=notice,
        question=question,
    )
