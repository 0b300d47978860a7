"""Train live: a character model learns a text while you watch what it would write."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st
import torch

from seqviz import snippets
from seqviz.data.text import TextData
from seqviz.data.vocabulary import visible
from seqviz.errors import SeqVizError
from seqviz.figures.live import Line, live_curve
from seqviz.instruments.sampling import entropy, sample
from seqviz.jobs.jobs import JobView
from seqviz.networks.build import build_model
from seqviz.networks.network import SequenceNetwork
from seqviz.palette import CELL_COLOURS, INK
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.timelines.writing import texts_timeline
from seqviz.training.snapshots import Snapshots
from seqviz.ui.sampling import settings
from seqviz.ui.shell import caches, runs, texts
from seqviz.ui.shell import live_run as live
from seqviz.ui.shell.frame import code, mode, plain_errors, show_error
from seqviz.ui.shell.player import player
from seqviz.ui.shell.stage import controls
from seqviz.ui.shell.url import assign, forget, from_text, text, to_link

SAMPLE, HEAT = 240, 0.8  # characters after every evaluation, and their temperature
SHIPPED = "shakespeare"


def learn() -> None:
    """Settings, a start, and the run: an own one, a link's, or the one that ships."""
    with controls():
        data = settings.choose_text()
        if data is not None:
            with plain_errors():
                spec, training = settings.settings(data)
                settings.cost(spec, training, data)
                begin = (spec, training, data)
                st.button("Start training", icon=":material/play_arrow:", on_click=_begin, args=begin, key="learn")
    if refused := st.session_state.pop("text refused", None):
        show_error(refused)
    run = st.session_state.get("text run") or from_text("run") or SHIPPED
    to_link("run", None if run == SHIPPED else run)
    st.header("The run", anchor=False)
    if run == SHIPPED:
        st.caption("A finished run that ships with SeqViz. Start your own and it takes its place.")
    _earlier(run)
    prompt = text("Prompt of the sample", "film_prompt", "", width=260)
    shown = runs.view(run, "step_cross_entropy")
    interval = live.interval(shown)
    st.fragment(_watch, run_every=interval)(run, prompt, interval)
    if shown.ended:
        with plain_errors():
            _over_training(run, shown, prompt)
    live.take_away(run, shown.ended, "step_cross_entropy")
    if shown.ended:
        st.button("Write with this network", icon=":material/edit_note:", on_click=_write_with, args=(run,))
    program = snippets.text_training(shown.model, shown.training, shown.dataset)
    code(program, "The run above as a plain PyTorch loop over streams: the same losses, number for number, on the CPU.")


def _earlier(run: str) -> None:
    """Any other run: those on this machine, and the ones that ship."""
    known, complaints = runs.known("step_cross_entropy")
    names = [*caches.WRITERS, *(one.name for one in known)]
    if run in names:
        st.session_state["text runs"] = run
    st.selectbox(
        "Run", names, key="text runs", index=None, on_change=_open, format_func=caches.network_title, width=260
    )
    for complaint in complaints:
        st.text(complaint)


def _begin(spec: ModelSpec, training: TrainSpec, data: TextData) -> None:
    try:
        texts.keep_text(data)
        st.session_state["text run"] = runs.start(spec, training, data.name)
        st.toast("The run has begun: watch it below.", icon=":material/arrow_downward:")
        forget(["film_prompt"])
    except SeqVizError as error:
        st.session_state["text refused"] = str(error)


def _write_with(run: str) -> None:
    assign("writer", run)
    assign("sampling", "write")
    forget(["prompt"])


def _open() -> None:
    if run := st.session_state["text runs"]:
        st.session_state["text run"] = run
        forget(["film_prompt"])


def _watch(run: str, prompt: str, interval: float | None) -> None:
    """One look at the run; the page looks again every `interval` seconds, as long as the run's state asks for it."""
    with plain_errors():
        view = runs.view(run, "step_cross_entropy")
        live.controls(view)
        live.status(view)
        _curve(view)
        if not view.ended:
            _sample_now(view, prompt)
        if live.interval(view) != interval:
            st.rerun()


def _curve(view: JobView) -> None:
    """Bits a character on the batches and on held-out text, between a uniform guess and the characters' frequencies."""

    def bits(values: Sequence[float]) -> list[float]:
        return [value / math.log(2) for value in values]

    curve, colour = view.curve, CELL_COLOURS[view.model.encoder.cell]
    lines = [
        Line("batches", curve.get("step", ()), bits(curve.get("loss", ())), colour),
        Line("held-out text", curve.get("eval_step", ()), bits(curve.get("eval_loss", ())), INK[mode()], dots=True),
    ]
    references = {"pure guessing": math.log2(view.model.head.outputs)}
    if (unigram := _unigram(view.dataset)) is not None:
        references["character frequencies alone"] = unigram
    data, drawing = live_curve("Loss in bits a character", lines, view.total, "bits a character", references=references)
    st.vega_lite_chart(data, drawing, key="bits curve")


def _unigram(name: str) -> float | None:
    try:
        data = texts.text(name)
    except SeqVizError:
        return None
    return _unigram_bits(name, data)


@st.cache_data(show_spinner=False, max_entries=16)
def _unigram_bits(name: str, _data: TextData) -> float:
    """The entropy of the characters' frequencies in the text that is learned from."""
    counts = torch.bincount(_data.vocabulary.encode(_data.train)).double()
    return float(entropy(counts / counts.sum()))


def _sample_now(view: JobView, prompt: str) -> None:
    """What the network writes with the weights of its last evaluation."""
    if view.snapshot is None:
        st.caption("What the network writes appears here when the first step is done.")
        return
    st.markdown(f"**What it writes after {view.snapshot.step:,} steps**")
    with plain_errors():
        st.code(visible(prompt + _sampled(view.run, view.snapshot.step, prompt, view)), language=None, wrap_lines=True)


@st.cache_resource(show_spinner=False, max_entries=64)
def _sampled(run: str, step: int, prompt: str, _view: JobView) -> str:
    assert _view.snapshot is not None
    model = build_model(_view.model).eval()
    model.load_state_dict(dict(_view.snapshot.weights))
    return _text(model, prompt)


def _text(model: SequenceNetwork, prompt: str) -> str:
    return "".join(step.character for step in sample(model, prompt, SAMPLE, temperature=HEAT))


def _over_training(run: str, view: JobView, prompt: str) -> None:
    """The sample at a fixed prompt over the whole run, with the same noise."""
    snapshots = caches.snapshots(run)
    if snapshots is None or len(snapshots.steps) < 2:
        st.caption("This run has kept no snapshots, so there is no film of it.")
        return
    written = _texts_after(run, snapshots.steps, prompt, snapshots)
    sentences = [f"After {step:,} steps{_loss_at(step, view)}." for step in snapshots.steps]
    st.markdown(f"**From noise to words**: the same prompt and the same noise at every snapshot, T = {HEAT:g}")
    player(texts_timeline([prompt + one for one in written], sentences), key="film", start=len(written) - 1)
    frame = pd.DataFrame({"step": snapshots.steps, "text": written})
    st.download_button(
        "Film (CSV)",
        lambda: frame.to_csv(index=False),
        f"seqviz-{run}-film.csv",
        "text/csv",
        on_click="ignore",
    )


def _loss_at(step: int, view: JobView) -> str:
    """The loss on held-out text where it was scored, else on the batch."""
    curve = view.curve
    if not step or not curve.get("step"):
        return ""
    scored = dict(zip(curve["eval_step"], curve["eval_loss"], strict=True))
    batch = float(np.interp(step, curve["step"], curve["loss"]))
    where = "held-out text" if step in scored else "the batch"
    return f": {scored.get(step, batch) / math.log(2):.2f} bits a character on {where}"


@st.cache_resource(show_spinner="Writing with every snapshot …", max_entries=16)
def _texts_after(run: str, steps: tuple[int, ...], prompt: str, _snapshots: Snapshots) -> list[str]:
    return [_text(_snapshots.build(step), prompt) for step in steps]
