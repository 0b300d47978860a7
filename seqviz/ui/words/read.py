"""Read: one clock, two readers, and what each word changes."""

import math
from collections.abc import Mapping
from functools import partial

import pandas as pd
import streamlit as st

from seqviz.instruments.arrays import to_csv, to_npz, trace_arrays
from seqviz.instruments.grading import Grade
from seqviz.instruments.word_attribution import WordMethod, grade_words
from seqviz.instruments.word_reading import WordReading
from seqviz.player.page import to_html
from seqviz.player.timeline import Timeline
from seqviz.snippets.subjects import Network
from seqviz.snippets.words import word_by_word
from seqviz.timelines.wording import opening
from seqviz.timelines.words import words_timeline
from seqviz.ui.shell.background import in_background
from seqviz.ui.shell.choices import say_unknown
from seqviz.ui.shell.frame import code, say_overflow, verbatim
from seqviz.ui.shell.player import play
from seqviz.ui.shell.stage import View, on_demand
from seqviz.ui.words import one_unit, pipeline
from seqviz.ui.words.subject import METHOD_NAMES, Subject, choose_subject, held_out, pick_word

GRADED = 100  # reviews
GRADES = "Grades: which method finds the words that decide?"
FORMULAS: Mapping[WordMethod, str] = {
    "left_out": r"the score of the text less that of the same text without it, "
    r"$s(w_1 \dots w_T) - s(w_1 \dots w_{t-1}\, w_{t+1} \dots w_T)$.",
    "unknown": r"the score of the text less that with an unknown word in its place, "
    r"$s(w_1 \dots w_T) - s(w_1 \dots w_{t-1}\,\texttt{<unk>}\, w_{t+1} \dots w_T)$ (occlusion).",
    "integrated_gradients": r"integrated gradients from vectors of zeros to the words' own, "
    r"$x_t \cdot \int_0^1 \nabla_{x_t} s(\alpha x)\, d\alpha$; all words together add up to $s(x) - s(0)$.",
}


def _result(subject: Subject) -> str:
    """The answer, the word that did most for it, and whether it is right."""
    reading, after = subject.reading, subject.changed
    if after is not None:
        return _changed_result(subject, reading, after)
    if not math.isfinite(reading.share):
        return "The numbers are too large for float32, so there is no answer."
    strongest = int(reading.changes.abs().argmax())
    word = verbatim(reading.words[strongest])
    right = ""
    if subject.label is not None:
        right = ", which is right" if subject.label == reading.answer else ", which is **wrong**"
    direction = "for" if reading.changes[strongest] > 0 else "against"
    return (
        f"**{opening(verbatim(subject.verdict(reading)))}**, {reading.share:.1%} sure{right}. The word that changes "
        f"most is "
        f"“{word}”: {abs(float(reading.changes[strongest])):.1f} nats {direction} it."
    )


def _changed_result(subject: Subject, before: WordReading, after: WordReading) -> str:
    assert subject.change is not None
    old, new = verbatim(subject.words[subject.change.place]), " ".join(subject.change.new)
    changed = f"“{old}” → “{verbatim(new)}”" if new else f"Without “{old}”: this"
    turned = "turns" if after.answer != before.answer else "does not turn"
    return (
        f"{changed} {turned} the answer: {verbatim(subject.verdict(before))} {before.share:.1%} → "
        f"**{verbatim(subject.verdict(after))} {after.share:.1%}**."
    )


def _show(subject: Subject) -> None:
    network, reading, changed = subject.network, subject.reading, subject.changed
    say_overflow("The network", reading.trace)
    last = network.spec.encoder.num_layers - 1
    title = "As it is" if changed else ""
    timeline = words_timeline(network.spec, reading, subject.verdict(reading), title, last, pickable=True)
    if changed:
        same_places = len(changed.words) == len(reading.words)
        other = words_timeline(network.spec, changed, subject.verdict(changed), "Changed", last, pickable=same_places)
        timeline = timeline.beside(other.held(timeline.steps))
    play(timeline, key="read words", on_pick=pick_word)
    st.caption("Click a word to change it; click it again, and it is as it was.")
    say_unknown(network, reading.words)
    st.markdown(f"A word's colour is what it adds to the score of the answer, in nats: {FORMULAS[subject.method]}")
    on_demand(one_unit.TITLE, partial(one_unit.show, subject), one_unit.PARAMETERS)
    on_demand(pipeline.TITLE, partial(pipeline.show, subject))
    if subject.review is not None and network.spec.head.outputs == 1:
        on_demand(GRADES, partial(_grades, network))
    _downloads(subject, reading, timeline)
    if network.spec.head.outputs == 1:
        what = "the probability of the second class after each word, from both ends"
        code(word_by_word(network, subject.words), f"Plain PyTorch, run from SeqViz's folder: {what}.")


def _downloads(subject: Subject, reading: WordReading, timeline: Timeline) -> None:
    name = f"seqviz-{subject.network.name}"
    with st.container(horizontal=True):
        for label, content, file_name, mime in (
            (
                "Page that plays anywhere",
                lambda: to_html(timeline, "A text, word by word"),
                f"{name}.html",
                "text/html",
            ),
            ("Numbers (CSV)", lambda: _table(reading), f"{name}.csv", "text/csv"),
            (
                "Every signal (NPZ)",
                lambda: to_npz(trace_arrays(reading.trace)),
                f"{name}.npz",
                "application/octet-stream",
            ),
        ):
            st.download_button(label, content, file_name, mime, on_click="ignore")


def _table(reading: WordReading) -> bytes:
    columns = (reading.forward.tolist(), reading.backward.tolist(), reading.changes.tolist())
    names = ("word", "known", "share_up_to_here", "share_from_here_on", "change_nats")
    return to_csv(names, zip(reading.words, reading.known, *columns, strict=True))


def _grades(network: Network) -> None:
    """Which method finds the words that decide."""
    st.markdown(
        "The grammar knows which words decide a review: of k such words, how many are among the k words that a method "
        f"finds strongest? Measured on the first {GRADED} held-out reviews that the network answers rightly."
    )
    key = f"word grades {network.name} {network.version}"
    in_background(
        key,
        "Grading of words",
        "Grade the methods",
        partial(grade_words, network.model, held_out()[:GRADED]),
        _show_grades,
        once=True,
    )


def _show_grades(found: Mapping[WordMethod, Grade]) -> None:
    frame = pd.DataFrame(
        {
            "painted by": METHOD_NAMES[method],
            "deciding words found": one.precision,
            "standard error": one.error,
            "by chance": one.chance,
            "reviews": one.examples,
        }
        for method, one in found.items()
    )
    percent = st.column_config.NumberColumn(format="percent")
    columns = dict.fromkeys(("deciding words found", "standard error", "by chance"), percent)
    st.dataframe(frame, hide_index=True, column_config=columns)
    st.download_button("Grades (CSV)", lambda: frame.to_csv(index=False), "seqviz-word-grades.csv", on_click="ignore")


VIEW = View(
    "read",
    "Read",
    choose_subject,
    _show,
    result=_result,
    notice=(
        "The forward reader fills its memory from the left, the backward reader from the right; the answer uses both.",
        "At “not” the curve of a reader turns only if what is denied has been, or will be, read in its direction.",
        "Words about other things (“a dull dinner”) change little: the network has learned what they are about.",
    ),
    question="Change a deciding adjective into its opposite, then “not” into an unknown word. Which readings turn, and "
    "at which word does each reader notice?",
)
