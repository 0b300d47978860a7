"""Train live: a network learns a series while you watch, and the baselines are never far."""

import streamlit as st

from seqviz import snippets
from seqviz.data.names import SERIES
from seqviz.data.windows import Windows
from seqviz.errors import DataError
from seqviz.jobs.history import runs_folder
from seqviz.jobs.jobs import JobView
from seqviz.jobs.texts import text_file
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.ui.forecast import settings
from seqviz.ui.forecast.own_series import TABLE
from seqviz.ui.shell import live_run, runs
from seqviz.ui.shell.cost import start_button
from seqviz.ui.shell.frame import code, plain_errors
from seqviz.ui.shell.run_list import form_of, run_list, ticked
from seqviz.ui.shell.stage import View, result
from seqviz.ui.shell.url import from_text, to_link

SHIPPED = "forecast-co2"
CHOSEN = runs.CHOSEN["series"]


def _choose() -> str:
    """The settings of the next run, folded into one line while a run of one's own is on screen; which run that is."""
    run = runs.there(st.session_state.get(CHOSEN) or from_text("run") or SHIPPED, "series", otherwise=SHIPPED)
    to_link("run", None if run == SHIPPED else run)
    start = st.container()
    with form_of(run, "series", SHIPPED), plain_errors():
        series = settings.choose_series(runs.view(run, "series").dataset)
        if series is not None:
            spec, training, windows = settings.settings(series)
            refused = settings.cost(spec, training, windows)
            with start:
                start_button("learn a series", refused, _begin, (spec, training, windows))
    return run


def _begin(spec: ModelSpec, training: TrainSpec, windows: Windows) -> None:
    series = windows.series
    own = None if series.name in SERIES else series
    runs.begin(spec, training, series.name, "series", own, st.session_state.get(f"{TABLE} name", ""))


def _open(run: str) -> None:
    st.session_state[CHOSEN] = run


def _show(run: str) -> None:
    runs.say_refused("series")
    shown = runs.view(run, "series")
    interval = live_run.interval(shown)
    st.fragment(_watch, run_every=interval)(run, interval)
    if run == SHIPPED:
        st.caption("A finished run that ships with SeqViz. Start your own and it takes its place.")
    live_run.take_away(run, shown.ended and shown.step > 0, "series")
    if program := _program(shown):
        code(program, "The run above as a plain PyTorch loop: the same losses, number for number, on the CPU.")
    run_list(*runs.known("series"), run, _open)


def _program(view: JobView) -> str | None:
    """The run as a program; None where the series that it learned from has been deleted."""
    ended = view.step if view.ended and view.step < view.total else None
    try:
        path = None if view.dataset in SERIES else text_file(runs_folder(), view.dataset)
    except DataError:
        return None
    assert isinstance(view.model, ModelSpec)
    return snippets.forecast_training(view.model, view.training, view.dataset, path, ended)


def _watch(run: str, interval: float | None) -> None:
    """One look at the run; the page looks again every `interval` seconds, as long as the run's state asks for it."""
    with plain_errors():
        view = runs.view(run, "series")
        live_run.status(view)
        result(live_run.score(view))
        live_run.curves(view, ticked(runs.known("series")[0]))
        if live_run.interval(view) != interval:
            st.rerun()


VIEW = View(
    "learn",
    "Train live",
    _choose,
    _show,
    notice=(
        "The dots are the second part, which it is not taught from; the last part is for Compare alone.",
        "When the line falls and the dots rise, it learns its windows by heart. Patience ends the run there.",
    ),
    question="Train it on the random walk for a hundred epochs. What happens to the dots, and why must it?",
)
