"""The live part of the Train page: the state of a run, its curves, its memory and its mistakes."""

import bisect
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st
from torch import Tensor

from seqviz.errors import SeqVizError
from seqviz.figures.confusion import confusion_figure
from seqviz.figures.live import Line, live_curve
from seqviz.figures.pictures import picture_sheet
from seqviz.instruments.sequence_trace import trace_sequence
from seqviz.jobs.history import Run
from seqviz.jobs.jobs import Command, JobView
from seqviz.jobs.kinds import RunKind
from seqviz.jobs.visitors import is_public
from seqviz.networks.build import build_model
from seqviz.networks.evaluation import Classification
from seqviz.palette import CELL_COLOURS, INK
from seqviz.specs import ModelSpec
from seqviz.timelines.memory import memory_timeline
from seqviz.timelines.wording import a_digit
from seqviz.training.recipes import series_windows
from seqviz.ui.shell import caches, runs
from seqviz.ui.shell.background import waiting
from seqviz.ui.shell.choices import digit_of
from seqviz.ui.shell.frame import mode, show_error, verbatim
from seqviz.ui.shell.player import player
from seqviz.ui.shell.run_list import in_one_line
from seqviz.ui.shell.sessions import badge, visitor
from seqviz.ui.shell.url import assign

PUBLISHED = {"RNN": 0.9728, "LSTM": 0.979, "GRU": 0.981, "LSTM last": 0.984}
"""What single runs give on MNIST: two layers of 256 units, two epochs."""

DASHES = ((6, 3), (2, 2), (10, 3), (8, 3, 2, 3))  # of the runs that are drawn behind this one
HEIGHT = 186  # pixels of a curve
PROBE = 7  # the test digit whose reading is shown while the network learns


def interval(view: JobView) -> float | None:
    """Seconds between two looks at a run; a run that has ended needs no second look."""
    return None if view.ended else 2.0 if view.state == "paused" else 0.5


def status(view: JobView) -> None:
    """Where the run is, its bar, and the buttons that fit its state; for a watcher, a sentence instead."""
    if refused := st.session_state.pop("refused", None):
        show_error(refused)
    with st.container(horizontal=True, vertical_alignment="center"):
        _buttons(view)
        st.progress(view.step / max(1, view.total), _sentence(view))
    if view.message and (view.state != "finished" or view.step < view.total):
        st.text(view.message)
    if view.unsaved:
        with st.container(border=True):
            rest = "The result is in memory: download it below, or" if view.ended else "Training goes on;"
            st.text(f"{view.unsaved} {rest} try again once there is room.")
            if view.ended and visitor().owns(view.owner):
                st.button("Save again", icon=":material/save:", on_click=_save_again, args=(view.run,))


def _buttons(view: JobView) -> None:
    if view.ended:
        mine = visitor().owns(view.owner)
        can_go_on = view.state in ("interrupted", "stopped") and view.snapshot is not None and not view.unsaved
        if can_go_on and (mine or is_public(view.dataset)):
            label = "Go on from here" if mine else "Go on with a copy"
            key = runs.CHOSEN[view.kind]
            st.button(label, icon=":material/play_arrow:", on_click=_resume, args=(view.run, key))
    elif view.owner != badge():
        st.caption("Another visitor started this run: you are watching it.", width="content")
    else:
        if view.state == "paused":
            _button("Resume", "play_arrow", view.run, "resume")
            _button("Single step", "skip_next", view.run, "step")
        else:
            _button("Pause", "pause", view.run, "pause")
        _button("Stop", "stop", view.run, "stop")


def score(view: JobView) -> str:
    """What the network can do by now, in one sentence."""
    if not view.metrics:
        if view.last is None:
            return f"Nothing is learned yet: {view.step:,} of {view.total:,} steps."
        return f"After {view.step:,} steps the loss on a batch is **{view.last.loss:.2f}**; it has not been tested yet."
    if view.kind == "text":
        bits = view.metrics.get("loss", math.nan) / math.log(2)
        return f"After {view.scored_at:,} steps a character of held-out text costs it **{bits:.2f} bits**."
    if view.kind in ("pairs", "captions"):
        exact, what = view.metrics.get("exact", math.nan), _WORDS[view.kind].held_out
        return f"After {view.scored_at:,} steps **{exact:.1%}** of its answers to {what} are exactly right."
    if view.kind == "series":
        unit, factor = error_unit(view)
        return f"After {view.scored_at:,} steps its {unit} is **{factor * view.metrics.get('error', math.nan):.3f}**."
    accuracy = view.metrics.get("accuracy", math.nan)
    if view.kind == "tags":
        return f"After {view.scored_at:,} steps it tags **{accuracy:.1%}** of the held-out characters rightly."
    read = "held-out texts" if view.kind == "words" else "test digits"
    return f"After {view.scored_at:,} steps it reads **{accuracy:.1%}** of the {read} rightly."


def error_unit(view: JobView) -> tuple[str, float]:
    """What the error of a forecast is called, and what a scaled one is multiplied with to become that."""
    assert isinstance(view.model, ModelSpec)
    try:
        windows = series_windows(caches.series(view.dataset)).for_network(view.model)
    except SeqVizError:
        return "mean absolute error, scaled,", 1.0  # the series has been deleted
    ahead = "one step ahead" if view.model.recursive else f"up to {view.model.horizon} steps ahead"
    if windows.series.mase_scale is not None:
        return f"MASE {ahead}", windows.scale.size / windows.series.mase_scale
    return f"mean absolute error {ahead}, scaled,", 1.0


def epoch(view: JobView) -> float:
    """The steps in one epoch of a run."""
    return view.total / max(1, view.training.epochs)


def curves(view: JobView, others: Sequence[Run]) -> None:
    """Loss, accuracy or exact answers, and gradient norm, growing in place, over the same steps of other runs."""
    colour, name, total = CELL_COLOURS[view.model.cell], "this run", view.total
    curve = view.curve

    def lines(field: str, evaluated: str | None = None) -> list[Line]:
        found = [Line(name, curve.get("step", ()), curve.get(field, ()), colour)]
        if evaluated:
            held = "held out" if view.kind == "series" else "test set"
            found.append(Line(held, curve.get("eval_step", ()), curve.get(evaluated, ()), INK[mode()], dots=True))
        return [*found, *lines_behind(view, others, field)]

    if view.kind == "series":
        _forecast_curves(view, lines)
        return
    mnist, exact = view.dataset == "mnist", view.kind in ("pairs", "captions")
    loss, accuracy, norm = st.columns(3)
    shape: dict[str, Any] = {"epoch": epoch(view), "height": HEIGHT}
    with loss:
        _chart(
            "loss curve", live_curve("Loss in nats", lines("loss", "eval_loss"), total, "", **shape, legend="top-right")
        )
    with accuracy:
        low, references = (0.9, PUBLISHED) if mnist else (0.0, None)
        scored = "exact" if exact else "accuracy"
        drawn = live_curve(
            "Exact answers" if exact else "Accuracy",
            lines(scored, f"eval_{scored}"),
            total,
            "",
            percent=True,
            legend="bottom-right",
            low=low,
            references=references,
            **shape,
        )
        _chart("accuracy curve", drawn)
    with norm:
        drawn = live_curve(
            "Gradient norm before clipping", lines("gradient_norm"), total, "", log=True, **shape, legend="top-right"
        )
        _chart("norm curve", drawn)
    if mnist:
        figures = ", ".join(f"{name} {accuracy:.2%}" for name, accuracy in PUBLISHED.items())
        st.caption(f"Dashed, for comparison: {figures} (two layers of 256 units, two epochs, one run each).")


def _forecast_curves(view: JobView, lines: Callable[..., list[Line]]) -> None:
    """Loss, error and gradient norm of a run that forecasts; errors in its own scaled units, as it learns them."""
    shape: dict[str, Any] = {"epoch": epoch(view), "height": HEIGHT, "legend": "top-right"}
    loss = "Pinball loss" if isinstance(view.model, ModelSpec) and view.model.head.quantiles else "Squared error"
    for column, (key, title, drawn) in zip(
        st.columns(3),
        (
            ("loss curve", f"{loss}, scaled", lines("loss", "eval_loss")),
            ("accuracy curve", "Mean absolute error, scaled", lines("error", "eval_error")),
            ("norm curve", "Gradient norm before clipping", lines("gradient_norm")),
        ),
        strict=True,
    ):
        with column:
            _chart(key, live_curve(title, drawn, view.total, "", log=True, **shape))


def lines_behind(view: JobView, others: Sequence[Run], field: str) -> Iterator[Line]:
    """The same column of other runs' curves, each with its own name and dashes, as far as this run will go."""
    there = [run for run in others if run.name != view.run and run.description.curve]
    for number, run in enumerate(there):
        steps, values = run.description.curve["step"], run.description.curve.get(field)
        if values is None:
            continue  # it learned something else, which is scored otherwise
        until = bisect.bisect_right(steps, view.total)
        colour = CELL_COLOURS[run.description.model.cell]
        dash = DASHES[number % len(DASHES)]
        yield Line(caches.network_title(run.name), steps[:until], values[:until], colour, dash=dash)


def _chart(key: str, drawn: tuple[pd.DataFrame, dict[str, Any]]) -> None:
    data, spec = drawn
    st.vega_lite_chart(data, spec, key=key)


def findings(evaluation: Classification, step: int, images: Tensor) -> None:
    """The confusion matrix and the worst mistakes as pictures, as they were after `step`."""
    matrix, mistakes = st.columns(2)
    with matrix:
        figure = confusion_figure(evaluation.confusion, step, mode())
        st.plotly_chart(figure, key="confusion", theme=None, config={"displaylogo": False})
    with mistakes:
        st.markdown("**The most confident mistakes on the test set**")
        if not evaluation.mistakes:
            st.caption("None: every test digit was read rightly.")
            return
        captions = [
            f"{a_digit(m.label)}, read as {a_digit(m.answer)} ({m.probability:.0%})" for m in evaluation.mistakes
        ]
        st.html(picture_sheet([images[mistake.index] for mistake in evaluation.mistakes], captions, mode()))


def take_away(run: str, ended: bool, kind: RunKind) -> None:
    """The numbers behind the curves (test scores where there was an evaluation), the network, and a look inside it."""

    def as_csv() -> str:
        curve = runs.as_it_is(run, kind).curve  # as it is when the button is pressed
        scored = {name: values for name, values in curve.items() if name.startswith("eval_")}
        steps = {name: values for name, values in curve.items() if name not in (*scored, "count")}
        renamed = {name.replace("eval_", "test_").replace("test_step", "step"): scored[name] for name in scored}
        both = pd.DataFrame(steps).merge(pd.DataFrame(renamed), on="step", how="outer")
        return both.to_csv(index=False)

    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button("Curves (CSV)", as_csv, f"seqviz-{run}.csv", "text/csv", on_click="ignore")
        if not ended or run == runs.EXAMPLE:
            return
        name = f"{run}.safetensors"
        st.download_button("Network (safetensors)", lambda: runs.as_file(run), name, on_click="ignore")
        if kind == "digits":
            look = {"model": run}
            label = "Look inside this network"
            st.page_link("hidden_states.py", label=label, icon=":material/memory:", query_params=look)
        if kind in LOOKS:
            label, _, _ = LOOKS[kind]
            st.button(label, key="look at it", icon=":material/visibility:", on_click=_look, args=(run, kind))


LOOKS: dict[RunKind, tuple[str, str, str]] = {
    "pairs": ("Translate with this network", "translator", "translate"),
    "captions": ("Let this network read a picture", "captioner", "caption"),
    "tags": ("Let this network tag a program", "tagger", "tag"),
    "series": ("Watch this network forecast", "forecaster", "watch"),
}
"""By the kind of a run: the button that leads to its network, the parameter that names it, and the view."""


def _look(run: str, kind: RunKind) -> None:
    _, parameter, view = LOOKS[kind]
    assign(parameter, run)
    assign("view", view)


def probe(view: JobView) -> None:
    """One fixed digit, read by the network of this moment."""
    if view.snapshot is None:
        st.caption("The memory of the network appears here when the first step is done.")
        return
    model = build_model(view.one_sequence)
    model.load_state_dict(dict(view.snapshot.weights))
    reading = trace_sequence(model, digit_of("digits", PROBE))
    player(memory_timeline(reading), key="probe", start=27)
    st.caption(f"Example {PROBE}, read by the network as it is after {view.snapshot.step:,} steps.")


@dataclass(frozen=True)
class _Words:
    """How a run of one kind is spoken of: what is scored, and what is counted."""

    held_out: str
    targets: str


_WORDS: dict[RunKind, _Words] = {
    "digits": _Words("test set", "examples"),
    "text": _Words("held-out text", "characters"),
    "words": _Words("held-out texts", "texts"),
    "pairs": _Words("held-out texts", "texts"),
    "captions": _Words("held-out pictures", "pictures"),
    "tags": _Words("held-out programs", "characters"),
    "series": _Words("held-out part", "windows"),
}


def _sentence(view: JobView) -> str:
    words = _WORDS[view.kind]
    name = f"{in_one_line(view.model, view.training)}, on {verbatim(caches.data_title(view.dataset))}"
    if view.state == "queued":
        begun = f", step {view.step:,} of {view.total:,}" if view.step else ""
        return f"{name}{begun}. {waiting(view.position, view.wait)}"
    parts = [f"{name}: {view.state}, step {view.step:,} of {view.total:,}"]
    if view.evaluating is not None:
        parts.append(f"scoring the {words.held_out} ({view.evaluating:.0%})")
    if view.last and view.state == "running":
        parts.append(f"{view.last.examples_per_second:,.0f} {words.targets}/s")
    if view.seconds_left and view.state == "running":
        parts.append(f"{_duration(view.seconds_left)} left")
    return " · ".join(parts)


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _button(label: str, icon: str, run: str, command: Command) -> None:
    st.button(label, key=f"job {command}", icon=f":material/{icon}:", on_click=_steer, args=(run, command))


def _steer(run: str, command: Command) -> None:
    try:
        caches.jobs().steer(run, badge(), command)
    except SeqVizError as error:
        st.session_state["refused"] = str(error)  # drawn in its place: a callback would draw at the top of the page


def _save_again(run: str) -> None:
    try:
        caches.jobs().save_again(run, badge())
    except SeqVizError as error:
        st.session_state["refused"] = str(error)


def _resume(run: str, key: str) -> None:
    try:
        st.session_state[key] = runs.resume(run)
    except SeqVizError as error:
        st.session_state["refused"] = str(error)
