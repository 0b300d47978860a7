"""The live part of the Train page: the state of a run, its curves, its memory and its mistakes."""

import bisect
import math
from collections.abc import Sequence
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
from seqviz.networks.build import build_model
from seqviz.networks.evaluation import Classification
from seqviz.palette import CELL_COLOURS, CELL_NAMES, INK
from seqviz.specs import ObjectiveName
from seqviz.timelines.memory import memory_timeline
from seqviz.ui.shell import caches, runs
from seqviz.ui.shell.frame import mode, show_error, verbatim
from seqviz.ui.shell.player import player
from seqviz.ui.shell.sessions import badge

PUBLISHED = {"RNN": 0.9728, "LSTM": 0.979, "GRU": 0.981, "LSTM last": 0.984}
"""What single runs give on MNIST: two layers of 256 units, two epochs."""

EARLIER = 4  # runs drawn behind this one
PROBE = 7  # the test digit whose reading is shown while the network learns


def interval(view: JobView) -> float | None:
    """Seconds between two looks at a run; a run that has ended needs no second look."""
    return None if view.ended else 2.0 if view.state == "paused" else 0.5


def controls(view: JobView) -> None:
    """The buttons that fit the run's state; for a watcher, a sentence instead."""
    if view.ended:
        if view.state in ("interrupted", "stopped") and view.snapshot is not None:
            mine = view.owner == badge()
            label = "Go on from here" if mine else "Go on with a copy"
            key = _WORDS[view.objective].key
            st.button(label, icon=":material/play_arrow:", on_click=_resume, args=(view.run, key))
        return
    if view.owner != badge():
        st.caption("Another session started this run: you are watching it.")
        return
    with st.container(horizontal=True):
        if view.state == "paused":
            _button("Resume", "play_arrow", view.run, "resume")
            _button("Single step", "skip_next", view.run, "step")
        else:
            _button("Pause", "pause", view.run, "pause")
        _button("Stop", "stop", view.run, "stop")


def status(view: JobView) -> None:
    """Where the run is, in one line, with a bar; and what a press of a button came to, where it failed."""
    if refused := st.session_state.pop("refused", None):
        show_error(refused)
    st.progress(view.step / max(1, view.total), _sentence(view))
    if view.message:
        st.text(view.message)


def curves(view: JobView, others: Sequence[Run]) -> None:
    """Loss, accuracy and gradient norm, growing in place; other runs on the same data stand back."""
    colour, name, total = CELL_COLOURS[view.model.encoder.cell], "this run", view.total
    curve = view.curve
    alike = [run for run in others if run.description.dataset == view.dataset and run.name != view.run]
    comparable = [run for run in alike if run.status != "diverged"]  # its numbers would flatten everybody else's
    behind = [run for run in comparable if run.description.curve][:EARLIER]

    def lines(field: str, evaluated: str | None = None) -> list[Line]:
        found = [Line(name, curve.get("step", ()), curve.get(field, ()), colour)]
        if evaluated:
            found.append(Line("test set", curve.get("eval_step", ()), curve.get(evaluated, ()), INK[mode()], dots=True))
        for run in behind:
            shade = CELL_COLOURS[run.description.model.encoder.cell]
            steps, values = run.description.curve["step"], run.description.curve.get(field, [])
            until = bisect.bisect_right(steps, total)
            found.append(Line(run.name, steps[:until], values[:until], shade, faint=True))
        return found

    mnist = view.dataset == "mnist"
    loss, accuracy, norm = st.columns(3)
    with loss:
        _chart("loss curve", live_curve("Loss, batches and test set", lines("loss", "eval_loss"), total, "loss (nats)"))
    with accuracy:
        _chart(
            "accuracy curve",
            live_curve(
                "Accuracy, batches and test set",
                lines("accuracy", "eval_accuracy"),
                total,
                "accuracy",
                percent=True,
                low=0.9 if mnist else 0.0,
                references=PUBLISHED if mnist else None,
            ),
        )
        if mnist:
            figures = ", ".join(f"{name} {accuracy:.2%}" for name, accuracy in PUBLISHED.items())
            st.caption(f"Dashed, for comparison: {figures} (two layers of 256 units, two epochs, one run each).")
    with norm:
        _chart(
            "norm curve", live_curve("Gradient norm before clipping", lines("gradient_norm"), total, "norm", log=True)
        )


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
        captions = [f"a {m.label}, read as {m.answer} ({m.probability:.0%})" for m in evaluation.mistakes]
        st.html(picture_sheet([images[mistake.index] for mistake in evaluation.mistakes], captions, mode()))


def take_away(run: str, ended: bool, objective: ObjectiveName) -> None:
    """The numbers behind the curves (test scores where there was an evaluation), the network, and a look inside it."""

    def as_csv() -> str:
        curve = runs.view(run, objective).curve  # as it is when the button is pressed
        scored = {name: values for name, values in curve.items() if name.startswith("eval_")}
        steps = {name: values for name, values in curve.items() if name not in (*scored, "count")}
        renamed = {name.replace("eval_", "test_").replace("test_step", "step"): scored[name] for name in scored}
        both = pd.DataFrame(steps).merge(pd.DataFrame(renamed), on="step", how="outer")
        return both.to_csv(index=False)

    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button("Curves (CSV)", as_csv, f"seqviz-{run}.csv", "text/csv", on_click="ignore")
        if not ended or run == runs.EXAMPLE:
            return
        file = runs.checkpoint_file(run)
        st.download_button("Network (safetensors)", file.read_bytes, file.name, on_click="ignore")
        if objective == "cross_entropy":
            look = {"model": run}
            label = "Look inside this network"
            st.page_link("hidden_states.py", label=label, icon=":material/memory:", query_params=look)


def _row(run: Run) -> dict[str, object]:
    description = run.description
    encoder = description.model.encoder
    return {
        "run": run.name,
        "data": description.dataset,
        "cell": CELL_NAMES[encoder.cell],
        "head": description.model.head.kind,
        "layers × units": f"{encoder.num_layers} × {encoder.hidden_size}",
        "epochs": description.training.epochs,
        "rate": description.training.learning_rate,
        "seed": description.training.seed,
        "steps": description.step,
        "test accuracy": description.metrics.get("accuracy"),
        "scored at step": description.scored_at or None,
        "state": run.status,
    }


def table(known: Sequence[Run]) -> None:
    """All runs, newest first; a chosen row is shown above."""
    frame = pd.DataFrame([_row(run) for run in known])
    columns = {"test accuracy": st.column_config.NumberColumn(format="percent")}
    st.dataframe(
        frame,
        key="earlier",
        hide_index=True,
        column_config=columns,
        height=min(400, 38 * len(frame) + 40),
        selection_mode="single-row",
        on_select=lambda: _open([run.name for run in known]),
    )
    st.download_button(
        "Table (CSV)", lambda: frame.to_csv(index=False), "seqviz-runs.csv", "text/csv", on_click="ignore"
    )


def probe(view: JobView) -> None:
    """One fixed digit, read by the network of this moment."""
    if view.snapshot is None:
        st.caption("The memory of the network appears here when the first step is done.")
        return
    model = build_model(view.model)
    model.load_state_dict(dict(view.snapshot.weights))
    reading = trace_sequence(model, caches.dataset("digits").test.inputs[PROBE])
    st.markdown(f"**One fixed digit, read by the network after step {view.snapshot.step}**")
    player(memory_timeline(reading), key="probe", start=27)


@dataclass(frozen=True)
class _Words:
    """How a run of one kind is spoken of: what is scored, what is counted, and where the run is chosen."""

    held_out: str
    targets: str
    key: str


_WORDS: dict[ObjectiveName, _Words] = {
    "cross_entropy": _Words("test set", "examples", "run"),
    "step_cross_entropy": _Words("held-out text", "characters", "text run"),
}


def _sentence(view: JobView) -> str:
    words, encoder = _WORDS[view.objective], view.model.encoder
    units = f"{encoder.hidden_size} units"
    reads = units if view.model.head.kind == "each_step" else f"{view.model.head.kind} head"
    name = f"{CELL_NAMES[encoder.cell]}, {reads}, on {verbatim(view.dataset)}"
    if view.state == "queued":
        before = "it is next" if view.position == 0 else f"{view.position} more before it"
        return f"{name}: waiting for its turn, {before}"
    parts = [f"{name}: {view.state}, step {view.step:,} of {view.total:,}"]
    if view.metrics:
        when = "" if view.scored_at == view.step else f" at step {view.scored_at:,}"
        parts.append(f"{_score(view)}{when}")
    if view.evaluating is not None:
        parts.append(f"scoring the {words.held_out} ({view.evaluating:.0%})")
    if view.last and view.state == "running":
        parts.append(f"{view.last.examples_per_second:,.0f} {words.targets}/s")
    if view.seconds_left and view.state == "running":
        parts.append(f"{_duration(view.seconds_left)} left")
    return " · ".join(parts)


def _score(view: JobView) -> str:
    if view.objective == "step_cross_entropy":
        loss = view.metrics.get("loss", math.nan)
        return f"{loss:.3f} nats ({loss / math.log(2):.3f} bits) a character on held-out text"
    return f"test accuracy {view.metrics.get('accuracy', math.nan):.2%}"


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _button(label: str, icon: str, run: str, command: Command) -> None:
    st.button(label, key=f"job {command}", icon=f":material/{icon}:", on_click=_steer, args=(run, command))


def _steer(run: str, command: Command) -> None:
    try:
        caches.jobs().steer(run, badge(), command)
    except SeqVizError as error:
        st.session_state["refused"] = str(error)  # drawn in its place: a callback would draw at the top of the page


def _open(names: Sequence[str]) -> None:
    chosen = st.session_state["earlier"]["selection"]["rows"]
    if chosen:
        st.session_state["run"] = names[chosen[0]]


def _resume(run: str, key: str) -> None:
    try:
        st.session_state[key] = runs.resume(run)
    except SeqVizError as error:
        st.session_state["refused"] = str(error)
