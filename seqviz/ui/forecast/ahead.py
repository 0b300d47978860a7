"""Ahead: the unknown future after the last value, with dates and intervals."""

from dataclasses import dataclass
from functools import cached_property

import pandas as pd
import streamlit as st

from seqviz import snippets
from seqviz.figures.forecast import ahead_figure
from seqviz.instruments.forecasting import Forecast, forecast
from seqviz.palette import CELL_COLOURS
from seqviz.snippets.subjects import Forecaster
from seqviz.specs import QUANTILES
from seqviz.timelines.wording import in_unit
from seqviz.ui.shell.forecasters import choose_forecaster, shown_horizon
from seqviz.ui.shell.frame import QUIET, code, mode
from seqviz.ui.shell.memo import remembered
from seqviz.ui.shell.stage import View
from seqviz.ui.shell.url import whole

MOST = 200


@dataclass(frozen=True)
class Ahead:
    """A network and how far it looks behind the last value."""

    one: Forecaster
    steps: int

    @cached_property
    def said(self) -> Forecast:
        return _said(self.one.name, self.one.version, self.steps, self.one)


def _choose() -> Ahead:
    one = choose_forecaster("forecaster")
    most = MOST if one.spec.recursive else one.spec.horizon
    return Ahead(one, whole("Steps ahead", "steps_ahead", high=most, default=shown_horizon(one), slider=True))


@remembered(32)
def _said(name: str, version: int, steps: int, _one: Forecaster) -> Forecast:
    return forecast(_one.model, _one.windows, [len(_one.series)], steps)


def _result(ahead: Ahead) -> str:
    series, said = ahead.one.series, ahead.said
    last = len(series) + ahead.steps - 1
    value = in_unit(float(said.values[0, -1]), series.unit, series.decimals)
    if said.quantiles is None:
        return f"For {series.time(last)} it says **{value}**, without an interval."
    low, high = (in_unit(float(said.quantiles[0, -1, level]), "", series.decimals) for level in (0, -1))
    return f"For {series.time(last)} it says **{value}**; nine times of ten, it says, between {low} and {high}."


def _show(ahead: Ahead) -> None:
    series = ahead.one.series
    shown = max(4 * ahead.steps, 2 * ahead.one.windows.window)
    figure = ahead_figure(series, ahead.said, CELL_COLOURS[ahead.one.spec.cell], shown, mode())
    st.plotly_chart(figure, key="ahead", theme=None, config=QUIET)
    table = _table(ahead)
    st.caption("Nobody knows yet how right this is. How right it was at earlier origins, intervals included: Compare.")
    st.download_button(
        "Forecast (CSV)", table.to_csv(index=False), f"seqviz-{ahead.one.name}-ahead.csv", "text/csv", on_click="ignore"
    )
    st.dataframe(table, hide_index=True, height=240, key="ahead table")
    code(
        snippets.forecasting(ahead.one, len(series), ahead.steps),
        "The same values from the last window, with PyTorch's own layers.",
    )


def _table(ahead: Ahead) -> pd.DataFrame:
    series, said = ahead.one.series, ahead.said
    columns: dict[str, list[object]] = {
        "time": [series.time(len(series) + step) for step in range(ahead.steps)],
        "forecast": said.values[0].tolist(),
    }
    if said.quantiles is not None:
        columns |= {
            f"{level:.0%} lie below": said.quantiles[0, :, place].tolist() for place, level in enumerate(QUANTILES)
        }
    return pd.DataFrame(columns)


VIEW = View(
    "ahead",
    "Ahead",
    _choose,
    _show,
    result=_result,
    notice=(
        "Dates go on at the series' own distances.",
        "The intervals are quantiles that the network has learned; fed back, it draws 200 futures and takes theirs.",
        "Far ahead a forecast forgets where it began: what is left is the season, or nothing.",
    ),
    question="How far ahead do you believe it, and what would you ask Compare to find out?",
)
