"""Train live: a network learns to translate, to spell out or to tag while you watch."""

from functools import partial

import streamlit as st

from seqviz.data.pairs import Pairs
from seqviz.data.tasks import Task, is_task
from seqviz.errors import DataError
from seqviz.jobs.history import runs_folder
from seqviz.jobs.jobs import JobView
from seqviz.jobs.kinds import RunKind
from seqviz.jobs.texts import text_file
from seqviz.snippets.translation_training import task_training
from seqviz.specs import EncoderDecoderSpec, LearnedSpec, TrainSpec
from seqviz.ui.shell import live_run, runs
from seqviz.ui.shell.cost import start_button
from seqviz.ui.shell.frame import code, plain_errors
from seqviz.ui.shell.run_list import form_of, run_list, ticked
from seqviz.ui.shell.stage import View, on_demand, result
from seqviz.ui.shell.url import from_text, to_link
from seqviz.ui.translate import over_training, settings
from seqviz.ui.translate.own_pairs import TABLE

KINDS: tuple[RunKind, ...] = ("pairs", "captions", "tags")
SHIPPED = "numbers"
CHOSEN = runs.CHOSEN["pairs"]  # the three kinds share a place: a page shows one run


def kind_of(run: str) -> RunKind:
    """What a run of this page trains; of any other, pairs, which it will be refused as."""
    kind = runs.kind_of(run)
    return kind if kind in KINDS else "pairs"


def _choose() -> str:
    """The settings of the next run, folded into one line while a run of one's own is on screen; which run that is."""
    asked = st.session_state.get(CHOSEN) or from_text("run") or SHIPPED
    run = runs.there(asked, kind_of(asked), otherwise=SHIPPED)
    to_link("run", None if run == SHIPPED else run)
    start, kind = st.container(), kind_of(run)
    with form_of(run, kind, SHIPPED), plain_errors():
        data = settings.choose_task(runs.view(run, kind).dataset)
        if data is not None:
            spec, training = settings.settings(data)
            refused = settings.cost(spec, training, data)
            with start:
                start_button("learn a task", refused, _begin, (spec, training, data))
    return run


def _begin(spec: LearnedSpec, training: TrainSpec, data: Task) -> None:
    own = data if isinstance(data, Pairs) else None
    runs.begin(spec, training, data.name, "pairs", own, st.session_state.get(f"{TABLE} name", ""))


def _open(run: str) -> None:
    st.session_state[CHOSEN] = run


def _show(run: str) -> None:
    """The run, and once it has ended, what its attention was on the way."""
    runs.say_refused("pairs")
    kind = kind_of(run)
    shown = runs.view(run, kind)
    interval = live_run.interval(shown)
    st.fragment(_watch, run_every=interval)(run, kind, interval)
    if run == SHIPPED:
        st.caption("A finished run that ships with SeqViz. Start your own and it takes its place.")
    done = shown.ended and shown.step > 0
    live_run.take_away(run, done, kind)
    if done and kind == "pairs":
        attends = isinstance(shown.model, EncoderDecoderSpec) and shown.model.decoder.attention != "none"
        title = over_training.TITLE if attends else over_training.TITLE_WITHOUT
        on_demand(title, partial(over_training.show, run))
    if program := _program(shown):
        code(program, "The run above as a plain PyTorch loop: the same losses, number for number, on the CPU.")
    run_list(*runs.known(*KINDS), run, _open)


def _program(view: JobView) -> str | None:
    """The run as a program; None where the pairs that it learned from have been deleted."""
    ended = view.step if view.ended and view.step < view.total else None
    try:
        path = None if is_task(view.dataset) else text_file(runs_folder(), view.dataset)
    except DataError:
        return None
    return task_training(view.model, view.training, view.dataset, path, ended)


def _watch(run: str, kind: RunKind, interval: float | None) -> None:
    """One look at the run; the page looks again every `interval` seconds, as long as the run's state asks for it."""
    with plain_errors():
        view = runs.view(run, kind)
        live_run.status(view)
        result(live_run.score(view))
        live_run.curves(view, ticked(runs.known(*KINDS)[0]))
        if live_run.interval(view) != interval:
            st.rerun()


VIEW = View(
    "learn",
    "Train live",
    _choose,
    _show,
    notice=(
        "The loss falls first, exact answers come later: one wrong word makes the whole answer wrong.",
        "Without attention all that is read must fit into one state, and long answers are learned last.",
        "A share of right words below 100 % lets the decoder read its own mistakes while it learns.",
    ),
    question="Train on numbers with attention, then without. After how many steps is half of the answers exact?",
)
