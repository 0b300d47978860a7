"""Train live: a character model learns a text while you watch what it would write."""

import math
from collections.abc import Sequence
from dataclasses import replace

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
from seqviz.jobs.history import Run, runs_folder
from seqviz.jobs.jobs import JobView
from seqviz.jobs.texts import delete_text, keep_text
from seqviz.networks.build import build_model
from seqviz.networks.network import SequenceNetwork
from seqviz.palette import CELL_COLOURS, INK
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.timelines.writing import texts_timeline
from seqviz.training.snapshots import Snapshots
from seqviz.ui.sampling import settings
from seqviz.ui.shell import caches, live_run, runs, texts
from seqviz.ui.shell.cost import start_button
from seqviz.ui.shell.frame import code, mode, plain_errors, show_error
from seqviz.ui.shell.player import player
from seqviz.ui.shell.run_list import form_of, run_list, ticked
from seqviz.ui.shell.sessions import badge, visitor
from seqviz.ui.shell.stage import View, result
from seqviz.ui.shell.url import assign, forget, from_text, text, to_link, value_of

SAMPLE, HEAT = 240, 0.8  # characters after every evaluation, and their temperature
SHIPPED = "shakespeare"


def _choose() -> str:
    """The settings of the next run, folded into one line while a run of one's own is on screen; which run that is."""
    asked = st.session_state.get("text run") or from_text("run") or SHIPPED
    run = runs.there(asked, "text", otherwise=SHIPPED)
    to_link("run", None if run == SHIPPED else run)
    start = st.container()
    with form_of(run, "text", SHIPPED):
        data = settings.choose_text()
        if data is not None:
            with plain_errors():
                spec, training = settings.settings(data)
                refused = settings.cost(spec, training, data)
                with start:
                    start_button("learn", refused, _begin, (spec, training, data))
    text("Prompt of the sample", "film_prompt", "", width=260)
    return run


def _show(run: str) -> None:
    """The run: an own one, a link's, or the one that ships."""
    if refused := st.session_state.pop("text refused", None):
        show_error(refused)
    prompt = str(value_of("film_prompt"))
    shown = runs.view(run, "text")
    interval = live_run.interval(shown)
    st.fragment(_watch, run_every=interval)(run, prompt, interval)
    if run == SHIPPED:
        st.caption("A finished run that ships with SeqViz. Start your own and it takes its place.")
    live_run.take_away(run, shown.ended, "text")
    if shown.ended:
        st.button("Write with this network", icon=":material/edit_note:", on_click=_write_with, args=(run,))
    program = snippets.text_training(shown.one_sequence, shown.training, shown.dataset)
    code(program, "The run above as a plain PyTorch loop over streams: the same losses, number for number, on the CPU.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox("Runs that ship", list(caches.WRITERS), key="shipped run", format_func=caches.network_title)
        st.button("Open", key="open shipped", on_click=lambda: _open(st.session_state["shipped run"]))
    run_list(*runs.known("text"), run, _open)


def _begin(spec: ModelSpec, training: TrainSpec, data: TextData) -> None:
    new = False
    try:
        new = keep_text(runs_folder(), data, badge())
        st.session_state["text run"] = runs.start(spec, training, data.name)
        forget(["film_prompt"])
    except SeqVizError as error:
        if new:
            delete_text(runs_folder(), data.name, visitor())
        st.session_state["text refused"] = str(error)


def _write_with(run: str) -> None:
    assign("writer", run)
    assign("view", "write")
    forget(["prompt"])


def _open(run: str) -> None:
    st.session_state["text run"] = run
    forget(["film_prompt"])


def _watch(run: str, prompt: str, interval: float | None) -> None:
    """One look at the run; the page looks again every `interval` seconds, as long as the run's state asks for it."""
    with plain_errors():
        view = runs.view(run, "text")
        live_run.status(view)
        result(live_run.score(view))
        curve, written = st.columns([2, 3])
        with curve:
            _curve(view, ticked(runs.known("text")[0]))
        with written, plain_errors():  # a prompt that this network does not know takes nothing else away
            if view.ended:
                _over_training(run, view, prompt)
            else:
                _sample_now(view, prompt)
        if live_run.interval(view) != interval:
            st.rerun()


def _curve(view: JobView, others: Sequence[Run]) -> None:
    """Bits a character on the batches and on held-out text, between a uniform guess and the characters' frequencies."""

    def bits(values: Sequence[float]) -> list[float]:
        return [value / math.log(2) for value in values]

    curve, colour = view.curve, CELL_COLOURS[view.model.cell]
    lines = [
        Line("batches", curve.get("step", ()), bits(curve.get("loss", ())), colour),
        Line("held-out text", curve.get("eval_step", ()), bits(curve.get("eval_loss", ())), INK[mode()], dots=True),
    ]
    lines += [replace(line, y=bits(line.y)) for line in live_run.lines_behind(view, others, "loss")]
    references = {"pure guessing": math.log2(view.one_sequence.head.outputs)}
    if (unigram := _unigram(view.dataset)) is not None:
        references["character frequencies alone"] = unigram
    title, epoch = "Loss in bits a character", live_run.epoch(view)
    data, drawing = live_curve(title, lines, view.total, "bits a character", references=references, epoch=epoch)
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
    model = build_model(_view.one_sequence).eval()
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
    texts = []
    for step in steps:
        model = _snapshots.build(step)
        assert isinstance(model, SequenceNetwork)
        texts.append(_text(model, prompt))
    return texts


VIEW = View(
    "learn",
    "Train live",
    _choose,
    _show,
    notice=(
        "The first thing that is learned is how often each character comes: the loss falls to that line at once.",
        "Then come spaces and short words, then spelling, then layout. Sense never comes.",
    ),
    question="Train on a page of your own. How low does the loss on it fall, and how low on the held-out part? Why?",
)
