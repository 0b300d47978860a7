"""Train live: a network learns what makes a review good while you watch, and is judged when it has."""

from collections import Counter
from collections.abc import Sequence
from functools import partial

import streamlit as st

from seqviz import snippets
from seqviz.data.labelled_texts import LabelledTexts, rarest_known
from seqviz.data.names import REVIEWS
from seqviz.errors import DataError
from seqviz.experiments.word_counts import counting_words
from seqviz.jobs.history import runs_folder
from seqviz.jobs.jobs import JobView
from seqviz.jobs.kinds import RunKind
from seqviz.jobs.texts import text_file
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.ui.shell import caches, live_run, runs
from seqviz.ui.shell.cost import start_button
from seqviz.ui.shell.frame import code, plain_errors
from seqviz.ui.shell.memo import remembered
from seqviz.ui.shell.run_list import form_of, run_list, ticked
from seqviz.ui.shell.stage import View, on_demand, result
from seqviz.ui.shell.url import assign, from_text, to_link
from seqviz.ui.words import classified, judged, settings

KIND: RunKind = "words"
SHIPPED = "words-planted-lstm"
COUNTED = 600_000  # words to learn from, times classes; a page does not count more
CHOSEN = runs.CHOSEN[KIND]


def _choose() -> str:
    """The settings of the next run, folded into one line while a run of one's own is on screen; which run that is."""
    asked = st.session_state.get(CHOSEN) or from_text("run") or SHIPPED
    run = runs.there(asked, KIND, otherwise=SHIPPED)
    to_link("run", None if run == SHIPPED else run)
    start = st.container()
    with form_of(run, KIND, SHIPPED), plain_errors():
        data = settings.choose_texts(runs.view(run, KIND).dataset)
        if data is not None:
            spec, training = settings.settings(data)
            refused = settings.cost(spec, training, data)
            with start:
                start_button("learn words", refused, _begin, (spec, training, data))
    return run


def _begin(spec: ModelSpec, training: TrainSpec, data: LabelledTexts) -> None:
    runs.begin(spec, training, data.name, KIND, data, st.session_state.get("labelled table name", ""))


def _read_with(run: str) -> None:
    assign("word_reader", run)
    assign("view", "read")


def _open(run: str) -> None:
    st.session_state[CHOSEN] = run


def _show(run: str) -> None:
    """The run, and once it has ended, how far its answers can be trusted."""
    runs.say_refused(KIND)
    shown = runs.view(run, KIND)
    interval = live_run.interval(shown)
    st.fragment(_watch, run_every=interval)(run, interval)
    if run == SHIPPED:
        st.caption("A finished run that ships with SeqViz. Start your own and it takes its place.")
    if shown.ended and shown.step:
        with plain_errors():
            judged.show(shown, caches.reviews(shown.dataset))
    live_run.take_away(run, shown.ended, KIND)
    if shown.ended:
        on_demand(classified.TITLE, partial(classified.show, run))
        st.button("Read with this network", icon=":material/rate_review:", on_click=_read_with, args=(run,))
    ended = shown.step if shown.ended and shown.step < shown.total else None
    if learned := _learned(shown):
        code(
            snippets.words_training(shown.one_sequence, shown.training, learned, ended),
            "The run above as a plain PyTorch loop: the same losses, number for number, on the CPU.",
        )
    run_list(*runs.known(KIND), run, _open)


def _learned(view: JobView) -> snippets.Learned | None:
    """What the run learned from, as its program loads it; None where it has been deleted."""
    try:
        data = caches.reviews(view.dataset)
        path = None if view.dataset in REVIEWS else text_file(runs_folder(), view.dataset)
    except DataError:
        return None
    words = view.one_sequence.words or ()
    at_least = None if words == data.vocabulary.words else _rarest_known(view.run, view.dataset, data, words)
    return snippets.Learned(view.dataset, path, at_least)


@remembered(16)
def _rarest_known(run: str, name: str, _data: LabelledTexts, _words: Sequence[str]) -> int:
    return rarest_known(_data, _words)


def _watch(run: str, interval: float | None) -> None:
    """One look at the run; the page looks again every `interval` seconds, as long as the run's state asks for it."""
    with plain_errors():
        view = runs.view(run, KIND)
        live_run.status(view)
        result(f"{live_run.score(view)} {_beside(view.dataset)}")
        live_run.curves(view, ticked(runs.known(KIND)[0]))
        if live_run.interval(view) != interval:
            st.rerun()


def _beside(name: str) -> str:
    """What a network has to beat."""
    try:
        data = caches.reviews(name)
    except DataError:
        return ""  # they have been deleted; the run is there
    majority = max(Counter(data.test_labels).values()) / len(data.test_labels)
    if sum(map(len, data.train)) * data.outputs > COUNTED:
        return f"Always the same answer: {majority:.1%}."
    words, pairs = _counted(name, data)
    return f"Always the same answer: {majority:.1%}; counting words: {words:.1%}, and pairs of words: {pairs:.1%}."


@st.cache_data(show_spinner="Counting words …", max_entries=8)
def _counted(name: str, _data: LabelledTexts) -> tuple[float, float]:
    """The accuracy of logistic regression on words, and on words and pairs."""
    return counting_words(_data, 1), counting_words(_data, 2)


VIEW = View(
    "learn",
    "Train live",
    _choose,
    _show,
    notice=(
        "On planted reviews the loss stays where it is for a while, then falls at once: the rule has been found.",
        "On what people wrote a network is hardly better than counting words: little hangs on their order.",
        "A threshold turns mistakes of one kind into the other; the area under the ROC curve is the same for all.",
    ),
    question="Train on planted reviews with one direction, then with both. Which needs fewer steps, and why can one "
    "direction do it at all?",
)
