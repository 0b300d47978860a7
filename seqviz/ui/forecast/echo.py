"""The echo trap: one step ahead a curve looks perfect, and says nothing but what was yesterday."""

import json
import math
from dataclasses import dataclass
from functools import cached_property, partial

import pandas as pd
import streamlit as st
import torch

from seqviz import snippets
from seqviz.data.series import Series
from seqviz.experiments.leaks import ARMS, LeakScores, leak_scores, leaky_recipe
from seqviz.experiments.rolling_origin import asked_origins
from seqviz.figures.forecast import echo_figure, free_figure, leaks_figure, one_step_figure
from seqviz.instruments.echo import LAGS, Echo, echo
from seqviz.instruments.forecasting import Forecast, forecast
from seqviz.palette import CELL_COLOURS
from seqviz.snippets.subjects import Forecaster
from seqviz.training.estimate import Cost, run_cost
from seqviz.ui.shell import caches
from seqviz.ui.shell.background import in_background
from seqviz.ui.shell.forecasters import choose_forecaster, shown_horizon
from seqviz.ui.shell.frame import QUIET, code, mode
from seqviz.ui.shell.memo import remembered
from seqviz.ui.shell.stage import View, on_demand

SHIPPED = caches.MODELS / "forecasts.json"
SHOWN = 90  # steps of the curve
RUNS = 5  # free forecasts
LEAK = "Leak the future on purpose, and see by how much the score lies"


@dataclass(frozen=True)
class Trap:
    """A network, one step ahead at every origin of the last part, and free from a few of them."""

    one: Forecaster
    origins: tuple[int, ...]
    ahead: Forecast
    free: Forecast
    free_origins: tuple[int, ...]

    @property
    def truth(self) -> torch.Tensor:
        return self.one.series.values[list(self.origins)]

    @cached_property
    def echo(self) -> Echo:
        return echo(self.ahead.values[:, 0], self.truth, min(LAGS, len(self.origins) // 2))

    @property
    def beside_the_last_value(self) -> float:
        """One step ahead, in errors of the last value at the same places."""
        yesterday = self.one.series.values[[origin - 1 for origin in self.origins]]
        return float((self.ahead.values[:, 0] - self.truth).abs().mean() / (yesterday - self.truth).abs().mean())


def _choose() -> Trap:
    one = choose_forecaster("one_step_network", "forecast-random-walk")
    return _trap(one.name, one.version, one)


@remembered(24)
def _trap(name: str, version: int, _one: Forecaster) -> Trap:
    series, horizon = _one.series, shown_horizon(_one)
    low = max(_one.windows.window, series.ends[1])
    origins = tuple(range(low, len(series)))[-2000:]
    free = asked_origins(series, _one.windows.window, horizon, RUNS)
    return Trap(
        _one,
        origins,
        forecast(_one.model, _one.windows, origins, 1, intervals=False),
        forecast(_one.model, _one.windows, free, horizon, intervals=False),
        tuple(free.tolist()),
    )


def _result(trap: Trap) -> str:
    series, found = trap.one.series, trap.echo
    error = trap.beside_the_last_value
    if not math.isfinite(error):
        return "The last value is always right here: no forecast of this series can be better than yesterday."
    if found.repeats:
        before = f"{found.lag} {series.step}{'s' if found.lag > 1 else ''}"
        return (
            f"The curve hugs the truth, but it is nearest to the value **{before} before**: an echo. Its error is "
            f"**{error:.2f}** of the last value's."
        )
    if found.lag > 0:
        return f"It is near to none of these values: no echo. Its error is **{error:.2f}** of the last value's."
    return (
        f"It is nearest to the value that it is for: **no echo**. One step ahead its error is **{error:.2f}** of the "
        "last value's."
    )


def _show(trap: Trap) -> None:
    series, colour = trap.one.series, CELL_COLOURS[trap.one.spec.cell]
    left, right = st.columns([3, 2])
    shown = trap.origins[:SHOWN]
    with left:
        figure = one_step_figure(series, shown, trap.ahead.values[: len(shown), 0].tolist(), colour, mode())
        st.plotly_chart(figure, key="one step", theme=None, config=QUIET)
    with right:
        st.plotly_chart(echo_figure(trap.echo, series, mode()), key="echo", theme=None, config=QUIET)
    figure = free_figure(series, trap.free_origins, trap.free, colour, mode())
    st.plotly_chart(figure, key="free", theme=None, config=QUIET)
    st.caption("Free of the truth, a network that has only learned to repeat draws flat lines.")

    def table() -> str:
        rows = {
            "time": [series.time(origin) for origin in trap.origins],
            "true": trap.truth.tolist(),
            "said one step before": trap.ahead.values[:, 0].tolist(),
        }
        return pd.DataFrame(rows).to_csv(index=False)

    name = f"seqviz-{trap.one.name}-one-step.csv"
    st.download_button("Numbers (CSV)", table, name, "text/csv", on_click="ignore")
    on_demand(LEAK, partial(_leaks, series))
    code(
        snippets.one_step_echo(trap.one, trap.origins[0], len(trap.origins), len(trap.echo.errors) - 1),
        "The same distances, from the network's own forecasts.",
    )


def _leaks(series: Series) -> None:
    """Networks that were trained with the future in sight, and what they are worth."""
    st.markdown(
        "Two leaks, each behind the same network without it. Windows that are shuffled over time are neighbours of "
        "what the network is asked; a scale of all values tells how far the future goes."
    )
    key = f"leaks {series.name}"
    shipped = _shipped().get(series.name)
    if shipped is not None and caches.jobs().task(key) is None:
        _draw_leaks(series, shipped)
        st.caption("Ships with SeqViz, seed 0. Yours will take its place.")
    work = partial(leak_scores, series)
    in_background(key, "Leaks of the future", "Train all four", work, partial(_draw_leaks, series), cost=_cost(series))


def _cost(series: Series) -> Cost:
    costs = []
    for name in ARMS:
        spec, training, windows = leaky_recipe(series, name)
        costs.append(run_cost(spec, training, windows.for_network(spec)))
    return Cost(max(one.memory for one in costs), sum(one.seconds for one in costs))


@st.cache_data(show_spinner=False)
def _shipped() -> dict[str, LeakScores]:
    found = json.loads(SHIPPED.read_text(encoding="utf-8"))["leaks"]
    return {name: LeakScores(one["claimed"], one["honest"]) for name, one in found.items()}


def _draw_leaks(series: Series, found: LeakScores) -> None:
    st.plotly_chart(leaks_figure(found, mode()), key="leaks", theme=None, config=QUIET)
    if len(found.claimed) < len(ARMS):
        return
    said, worth = found.claimed["shuffled"], found.honest["shuffled"]
    said_so = "better" if said < 1 else "worse"
    worth_so = "better" if worth < 1 else "worse"
    st.markdown(
        f"With shuffled windows one would report an error **{abs(said - 1):.0%} {said_so}** than the last value's; "
        f"where nobody has looked before, it is **{abs(worth - 1):.0%} {worth_so}**."
    )


VIEW = View(
    "echo",
    "The echo trap",
    _choose,
    _show,
    result=_result,
    notice=(
        "On a random walk the best forecast of tomorrow is today; the curve must look like the truth, one step late.",
        "On a sine the forecast is nearest to what it is for: there is something to know, and the network knows it.",
        "Invented prices behave like the walk. So do most real ones: a curve that hugs them proves nothing.",
    ),
    question="Which of the two pictures above would you have to see before you believed in a forecast of prices?",
)
