"""Train: the settings of a run, and the run itself while it learns."""

from dataclasses import dataclass

import streamlit as st

from seqviz import snippets
from seqviz.networks.evaluation import Classification
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.ui.shell import caches, live_run, runs
from seqviz.ui.shell.choices import SOURCES, choose_data
from seqviz.ui.shell.cost import start_button
from seqviz.ui.shell.frame import code, plain_errors
from seqviz.ui.shell.run_list import form_of, run_list, ticked
from seqviz.ui.shell.stage import View, result
from seqviz.ui.shell.url import from_text, to_link
from seqviz.ui.train.settings import RECIPE, cost, settings


@dataclass(frozen=True)
class Order:
    """What a press of Start would train, and the run that is on screen."""

    spec: ModelSpec
    training: TrainSpec
    data: str
    run: str


def _choose() -> Order:
    """The settings of the next run; folded into one line while a run of one's own is on screen."""
    asked = st.session_state.get("run") or from_text("run") or runs.EXAMPLE
    run = runs.there(asked, "digits", otherwise=runs.EXAMPLE)
    to_link("run", None if run == runs.EXAMPLE else run)
    start = st.container()
    with form_of(run, "digits", runs.EXAMPLE):
        data = choose_data(resets=RECIPE)
        spec, training = settings(data)
    refused = cost(spec, training, data)
    with start:
        start_button("train", refused, _begin, (spec, training, data))
    return Order(spec, training, data, run)


def _begin(spec: ModelSpec, training: TrainSpec, data: str) -> None:
    with plain_errors():
        st.session_state["run"] = runs.start(spec, training, data)


def _show(order: Order) -> None:
    run = order.run
    shown = runs.view(run, "digits")
    interval = live_run.interval(shown)
    st.fragment(_watch, run_every=interval)(run, interval)
    st.fragment(_findings, run_every=interval and 3.0)(run)
    if run == runs.EXAMPLE:
        st.caption(f"A finished example run on {SOURCES['digits'].lower()}. Start your own and it takes its place.")
    st.button(
        "Restart with the same seed",
        icon=":material/replay:",
        on_click=_begin,
        args=(shown.model, shown.training, shown.dataset),
        disabled=run == runs.EXAMPLE or not shown.ended,
        help="The same settings and seed as the run above: the same curve, step for step.",
    )
    live_run.take_away(run, shown.ended, "digits")
    code(
        snippets.training(shown.one_sequence, shown.training, shown.dataset),
        "The run above as a plain PyTorch loop: the same losses, number for number, on the CPU.",
    )
    run_list(*runs.known("digits"), run, _open)


def _open(run: str) -> None:
    st.session_state["run"] = run


def _watch(run: str, interval: float | None) -> None:
    """One look at the run; the page looks again every `interval` seconds, as long as the run's state asks for it."""
    with plain_errors():
        view = runs.view(run, "digits")
        live_run.status(view)
        result(live_run.score(view))
        live_run.curves(view, ticked(runs.known("digits")[0]))
        live_run.probe(view)
        if live_run.interval(view) != interval:
            st.rerun()


def _findings(run: str) -> None:
    """What the last evaluation found; figures that stand still, so the page looks less often."""
    with plain_errors():
        view = runs.view(run, "digits")
        if isinstance(view.evaluation, Classification):
            live_run.findings(view.evaluation, view.scored_at, caches.dataset(view.dataset).test.inputs)


VIEW = View(
    "train",
    "Train",
    _choose,
    _show,
    notice=(
        "The gradient norm is large while the network learns something new, and small when it has settled.",
        "Batch accuracy jumps about because a batch is small; the test set's dots are steadier.",
        "The memory of the fixed digit changes most in the first few hundred steps.",
    ),
    question="Choose the RNN with ReLU, switch clipping off and raise the learning rate until the run diverges. "
    "Which curve warns you first?",
)
