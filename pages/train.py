"""Train: a network learns to read digits while you watch."""

import streamlit as st

from seqviz import snippets
from seqviz.networks.evaluation import Classification
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.ui.shell import caches, runs
from seqviz.ui.shell import live_run as live
from seqviz.ui.shell.choices import SOURCES, choose_data
from seqviz.ui.shell.frame import code, plain_errors
from seqviz.ui.shell.stage import closing, controls, opening
from seqviz.ui.shell.url import from_text, to_link
from seqviz.ui.train.settings import RECIPE, cost, settings


def begin(spec: ModelSpec, run: TrainSpec, data: str) -> None:
    with plain_errors():
        st.session_state["run"] = runs.start(spec, run, data)


def watch(run: str, interval: float | None) -> None:
    """One look at the run; the page looks again every `interval` seconds, as long as the run's state asks for it."""
    with plain_errors():
        view = runs.view(run, "cross_entropy")
        live.controls(view)
        live.status(view)
        live.curves(view, runs.known("cross_entropy")[0])
        live.probe(view)
        if live.interval(view) != interval:
            st.rerun()


def findings(run: str) -> None:
    """What the last evaluation found; figures that stand still, so the page looks less often."""
    with plain_errors():
        view = runs.view(run, "cross_entropy")
        if isinstance(view.evaluation, Classification):
            live.findings(view.evaluation, view.scored_at, caches.dataset(view.dataset).test.inputs)


SENTENCE = (
    "A recurrent network learns to read digits while you watch: its loss falls, its answers settle, and you can "
    "pause it, take single steps, or stop it at any time."
)

opening("Train", SENTENCE)
with plain_errors():
    with controls():
        start = st.container(horizontal=True)
        data = choose_data(resets=RECIPE)
        spec, training = settings(data)
        cost(spec, training, data)
    run = st.session_state.get("run") or from_text("run") or runs.EXAMPLE
    to_link("run", None if run == runs.EXAMPLE else run)
    with start:
        st.button("Start training", icon=":material/play_arrow:", on_click=begin, args=(spec, training, data))
        shown = runs.view(run, "cross_entropy")
        st.button(
            "Restart with the same seed",
            icon=":material/replay:",
            on_click=begin,
            args=(shown.model, shown.training, shown.dataset),
            disabled=run == runs.EXAMPLE or not shown.ended,
            help="The same settings and seed as the run below: the same curve, step for step.",
        )
    if run == runs.EXAMPLE:
        st.caption(
            f"Below: a finished example run on {SOURCES['digits'].lower()}. Start your own and it takes its place."
        )
    interval = live.interval(shown)
    st.fragment(watch, run_every=interval)(run, interval)
    st.fragment(findings, run_every=interval and 3.0)(run)

    live.take_away(run, shown.ended, "cross_entropy")
    code(
        snippets.training(shown.model, shown.training, shown.dataset),
        "The run above as a plain PyTorch loop: the same losses, number for number, on the CPU.",
    )
known, complaints = runs.known("cross_entropy")
if known:
    st.header("Runs on this machine", anchor=False)
    live.table(known)
for complaint in complaints:
    st.text(complaint)
closing(
    SENTENCE,
    [
        "The gradient norm is large while the network learns something new, and small when it has settled.",
        "Batch accuracy jumps about because a batch is small; the test set's dots are steadier.",
        "The memory of the fixed digit changes most in the first few hundred steps.",
    ],
    "Choose the RNN with ReLU, switch clipping off and raise the learning rate until the run diverges. "
    "Which curve warns you first?",
)
