"""Data: what a network reads, what it must say, and what it must never have seen."""

from functools import partial

import pandas as pd
import streamlit as st

from seqviz import snippets
from seqviz.data.names import SERIES
from seqviz.data.series import Series
from seqviz.figures.forecast import split_figure
from seqviz.timelines.wording import in_unit
from seqviz.training.recipes import series_windows
from seqviz.ui.forecast.settings import choose_series
from seqviz.ui.shell.frame import QUIET, code, mode, verbatim
from seqviz.ui.shell.stage import View


def _result(series: Series | None) -> str:
    if series is None:
        return "Bring a CSV file, with a column of numbers and, if you like, one of dates."
    learned, watched = series.ends
    return (
        f"It learns from **{learned:,}** of {len(series):,} values, is watched by the next {watched - learned:,}, and "
        f"is asked about the last **{len(series) - watched:,}**, which it has never seen."
    )


def _show(series: Series | None) -> None:
    if series is None:
        return
    windows = series_windows(series)
    figure = split_figure(series, windows.window, windows.horizon, mode())
    st.plotly_chart(figure, key="split", theme=None, config=QUIET)
    season = f"a season of {series.period}" if series.period > 1 else "no season (period 1)"
    facts = [f"{len(series):,} {series.step}s, {season}"]
    if series.mase_scale is not None:
        naive = in_unit(series.mase_scale, series.unit)
        facts.append(f"MASE 1 is a mean error of {naive}, the seasonal naive forecast's on the learned part")
    else:
        facts.append("the seasonal naive forecast is exact on the learned part, so MASE is not defined")
    facts.append(f"values are scaled by {in_unit(windows.scale.size, series.unit)}, measured on the learned part alone")
    if series.others is not None:
        facts.append(f"read beside it: {', '.join(map(verbatim, series.other_names))}")
    st.markdown("\n".join(f"- {fact}" for fact in (*facts, *map(verbatim, series.notes))))
    table = partial(_table, series)
    st.download_button("Series (CSV)", table, f"seqviz-{series.name}.csv", "text/csv", on_click="ignore")
    if series.name in SERIES:
        code(snippets.series_split(series), "The same parts, windows and scale.")


def _table(series: Series) -> str:
    learned, watched = series.ends
    columns: dict[str, object] = {
        "time": [series.time(step) for step in range(len(series))],
        "part": ["learned"] * learned + ["watched"] * (watched - learned) + ["asked"] * (len(series) - watched),
        series.title: series.values.tolist(),
    }
    for place, name in enumerate(series.other_names):
        assert series.others is not None
        columns[name] = series.others[:, place].tolist()
    return pd.DataFrame(columns).to_csv(index=False)


VIEW = View(
    "data",
    "Data",
    choose_series,
    _show,
    result=_result,
    notice=(
        "The parts follow each other in time. Shuffled, neighbours of every question would have been learned from.",
        "The scale comes from the first part alone: a scale of all values would tell how high the future goes.",
    ),
    question="Which part would you touch while you choose the number of units, and which never?",
)
