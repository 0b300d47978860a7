"""What it remembers: how much past a forecast needs, what of it the network uses, and units that keep the season."""

import json
from dataclasses import dataclass
from functools import partial

import pandas as pd
import streamlit as st

from seqviz import snippets
from seqviz.data.series import Series
from seqviz.data.windows import Windows
from seqviz.experiments.window_lengths import WindowErrors, forecaster_of_length, lengths_of, window_lengths
from seqviz.figures.forecast import lengths_figure, memory_figure, seasonal_figure
from seqviz.instruments.window_memory import (
    SeasonalUnits,
    WindowGradients,
    autocorrelation,
    seasonal_units,
    window_gradients,
)
from seqviz.snippets.subjects import Forecaster
from seqviz.training.estimate import Cost, run_cost
from seqviz.ui.shell import caches
from seqviz.ui.shell.background import in_background
from seqviz.ui.shell.forecasters import choose_forecaster
from seqviz.ui.shell.frame import QUIET, code, mode
from seqviz.ui.shell.memo import remembered
from seqviz.ui.shell.stage import View
from seqviz.ui.shell.url import whole

SHIPPED = caches.MODELS / "forecasts.json"


@dataclass(frozen=True)
class Remembered:
    """A network, the step ahead whose gradient is followed, and what came back."""

    one: Forecaster
    ahead: int
    gradients: WindowGradients


def _choose() -> Remembered:
    one = choose_forecaster("forecaster")
    most = 1 if one.spec.recursive else one.spec.horizon
    ahead = 1
    if most > 1:
        ahead = whole("Which step ahead is followed back", "followed_ahead", high=most, slider=True)
    return Remembered(one, ahead, _gradients(one.name, one.version, ahead, one))


@remembered(64)
def _gradients(name: str, version: int, ahead: int, _one: Forecaster) -> WindowGradients:
    return window_gradients(_one.model, _one.windows, ahead)


def _result(found: Remembered) -> str:
    inputs, series = found.gradients.inputs, found.one.series
    steps = len(inputs) - int(inputs.argmax())
    shares = inputs.flip(0).cumsum(0) / inputs.sum().clamp(min=1e-30)
    half = int((shares < 0.5).sum()) + 1
    which = "the last value" if steps == 1 else f"the value {steps} {series.step}s before"
    last = series.step if half == 1 else f"{half} {series.step}s"
    return (
        f"It depends most on **{which}**; half of all dependence lies in the last **{last}** of the {len(inputs)} that "
        "it reads."
    )


def _show(found: Remembered) -> None:
    one, series = found.one, found.one.series
    left, right = st.columns(2)
    correlation = autocorrelation(series.learned, min(one.windows.window, len(series.learned) - 1))
    with left:
        figure = memory_figure(found.gradients, correlation, series.step, mode())
        st.plotly_chart(figure, key="window gradients", theme=None, config=QUIET)
    with right:
        _lengths(series)
    if series.period > 2:
        units = _units(one.name, one.version, one)
        st.plotly_chart(seasonal_figure(units, series, mode()), key="seasonal", theme=None, config=QUIET)
        strongest = units.strongest(1)[0]
        st.caption(
            f"Each unit regressed on a sine and a cosine of {series.period} {series.step}s. Of unit {strongest}, "
            f"{float(units.share[strongest]):.0%} of the variance is season."
        )

    def table() -> str:
        gradients = found.gradients
        rows = {
            f"{series.step}s before": list(range(len(gradients.inputs), 0, -1)),
            "gradient of the input": gradients.inputs.tolist(),
            "gradient norm of the state": gradients.states.tolist(),
        }
        return pd.DataFrame(rows).to_csv(index=False)

    st.download_button("Numbers (CSV)", table, f"seqviz-{one.name}-memory.csv", "text/csv", on_click="ignore")
    code(snippets.forecast_gradients(one, found.ahead), "The gradient of the forecast, by autograd.")


@remembered(24)
def _units(name: str, version: int, _one: Forecaster) -> SeasonalUnits:
    return seasonal_units(_one.model, _one.windows)


def _lengths(series: Series) -> None:
    """The error by the length of the window: measured here, or what ships."""
    key = f"window lengths {series.name}"
    shipped = _shipped().get(series.name)
    draw = partial(_draw_lengths, series)
    if shipped is not None and caches.jobs().task(key) is None:
        draw(shipped)
    work = partial(window_lengths, series, lengths_of(series))
    in_background(key, "Window lengths", "Train one for each length", work, draw, cost=_cost(series))


def _cost(series: Series) -> Cost:
    costs = []
    for length in lengths_of(series):
        spec, training = forecaster_of_length(series, length)
        windows = Windows(series, length, spec.horizon).for_network(spec)
        costs.append(run_cost(spec, training, windows))
    return Cost(max(one.memory for one in costs), sum(one.seconds for one in costs))


@st.cache_data(show_spinner=False)
def _shipped() -> dict[str, WindowErrors]:
    found = json.loads(SHIPPED.read_text(encoding="utf-8"))["lengths"]
    return {
        name: WindowErrors({int(length): error for length, error in one["by_length"].items()}, one["horizon"])
        for name, one in found.items()
    }


def _draw_lengths(series: Series, found: WindowErrors) -> None:
    st.plotly_chart(lengths_figure(found, series.step, mode()), key="lengths", theme=None, config=QUIET)


VIEW = View(
    "memory",
    "What it remembers",
    _choose,
    _show,
    result=_result,
    notice=(
        "A series may go along with values that the network hardly uses: what the last value says, it need not ask.",
        "The error falls until the window holds what the forecast needs, often one season; more costs time alone.",
        "Some units swing with the season although nobody told the network that there is one.",
    ),
    question="Choose the sunspots. How many years does a network need before its error stops falling, and why so many?",
)
