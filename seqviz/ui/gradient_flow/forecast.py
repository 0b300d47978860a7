"""Forecast: the gradient of one forecast value on its way back through the window."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from seqviz import snippets
from seqviz.figures.forecast import gradients_figure
from seqviz.instruments.window_memory import WindowGradients, window_gradients
from seqviz.palette import CELL_COLOURS
from seqviz.snippets.subjects import Forecaster
from seqviz.timelines.wording import compared
from seqviz.ui.shell.forecasters import choose_forecaster
from seqviz.ui.shell.frame import QUIET, code, mode
from seqviz.ui.shell.memo import remembered
from seqviz.ui.shell.stage import View
from seqviz.ui.shell.url import whole


@dataclass(frozen=True)
class Followed:
    """A forecasting network, and the step ahead whose value is followed back."""

    one: Forecaster
    ahead: int

    @property
    def found(self) -> WindowGradients:
        return _gradients(self.one.name, self.one.version, self.ahead, self.one)


def _choose() -> Followed:
    one = choose_forecaster("forecaster")
    most = 1 if one.spec.recursive else one.spec.horizon
    if most == 1:
        return Followed(one, 1)
    return Followed(one, whole("Which step ahead is followed back", "followed_ahead", high=most, slider=True))


@remembered(32)
def _gradients(name: str, version: int, ahead: int, _one: Forecaster) -> WindowGradients:
    return window_gradients(_one.model, _one.windows, ahead)


def _result(followed: Followed) -> str:
    states, series = followed.found.states, followed.one.series
    left = compared(float(states[0]) / max(1e-30, float(states[-1])))
    return (
        f"From {followed.ahead} {series.step}{'s' if followed.ahead > 1 else ''} ahead, back through {len(states)} "
        f"{series.step}s: at the first of them, compared with where it enters, the gradient is **{left}**."
    )


def _show(followed: Followed) -> None:
    one, found = followed.one, followed.found
    figure = gradients_figure(found, one.series.step, CELL_COLOURS[one.spec.cell], mode())
    st.plotly_chart(figure, key="forecast gradients", theme=None, config=QUIET)
    rows = {
        f"{one.series.step}s before": list(range(len(found.states), 0, -1)),
        "gradient norm of the state": found.states.tolist(),
        "gradient of the input": found.inputs.tolist(),
    }
    csv = pd.DataFrame(rows).to_csv(index=False)
    st.download_button("Numbers (CSV)", csv, f"seqviz-{one.name}-gradients.csv", "text/csv", on_click="ignore")
    code(snippets.forecast_gradients(one, followed.ahead), "The gradients of the inputs, by autograd.")


VIEW = View(
    "forecast",
    "Forecast",
    _choose,
    _show,
    result=_result,
    notice=(
        "The norm falls towards the past: what the network can learn of a value falls with its distance.",
        "A bump one season back means that the forecast asks what was there last time.",
    ),
    question="Compare the RNN on CO₂ with the GRU. Which of them can have learned what happened a year ago?",
)
