"""Read: one clock, two readers, and what each word changes."""

import math

import streamlit as st

from seqviz.instruments.arrays import to_csv, to_npz, trace_arrays
from seqviz.instruments.word_reading import WordReading
from seqviz.player.page import to_html
from seqviz.player.timeline import Timeline
from seqviz.snippets.words import word_by_word
from seqviz.timelines.words import words_timeline
from seqviz.ui.shell.frame import code, say_overflow, verbatim
from seqviz.ui.shell.player import play
from seqviz.ui.shell.stage import View
from seqviz.ui.words.subject import Subject, choose_subject


def _result(subject: Subject) -> str:
    """The answer, the word that did most for it, and whether it is right."""
    reading = subject.reading(subject.words)
    if subject.changed is not None:
        return _changed_result(subject, reading)
    if not math.isfinite(reading.share):
        return "The numbers are too large for float32, so there is no answer."
    strongest = int(reading.changes.abs().argmax())
    word = verbatim(reading.words[strongest])
    right = ""
    if subject.review is not None:
        right = ", which is right" if subject.review.good == bool(reading.answer) else ", which is **wrong**"
    direction = "for" if reading.changes[strongest] > 0 else "against"
    return (
        f"**{subject.verdict(reading).capitalize()}**, {reading.share:.1%} sure{right}. The word that changes most is "
        f"“{word}”: {abs(float(reading.changes[strongest])):.1f} nats {direction} it."
    )


def _changed_result(subject: Subject, before: WordReading) -> str:
    assert subject.changed is not None
    after = subject.reading(subject.changed)
    old, new = next(pair for pair in zip(subject.words, subject.changed, strict=True) if pair[0] != pair[1])
    turned = "turns" if after.answer != before.answer else "does not turn"
    return (
        f"“{verbatim(old)}” → “{verbatim(new)}” {turned} the answer: {subject.verdict(before)} {before.share:.1%} → "
        f"**{subject.verdict(after)} {after.share:.1%}**."
    )


def _show(subject: Subject) -> None:
    network, reading = subject.network, subject.reading(subject.words)
    say_overflow("The network", reading.trace)
    last = network.spec.encoder.num_layers - 1
    title = "As it is" if subject.changed is not None else ""
    timeline = words_timeline(network.spec, reading, subject.verdict(reading), title, last)
    if subject.changed is not None:
        other = subject.reading(subject.changed)
        timeline = timeline.beside(words_timeline(network.spec, other, subject.verdict(other), "Changed", last))
    play(timeline, key="read words")
    unknown = [word for word, known in zip(reading.words, reading.known, strict=True) if not known]
    if unknown:
        named = ", ".join(dict.fromkeys(unknown[:12]))
        st.caption(f"{len(unknown)} of {len(reading.words)} words are unknown to the network, which reads them all as")
        st.text(f"<unk>: {named}")
    st.markdown(
        "A word's colour is what it does to the score of the answer: the score of the text less that of the same text "
        r"without it, $s(w_1 \dots w_T) - s(w_1 \dots w_{t-1}\, w_{t+1} \dots w_T)$, in nats."
    )
    _downloads(subject, reading, timeline)
    code(
        word_by_word(network, subject.words),
        "Plain PyTorch, run from SeqViz's folder: the probability of the second class after each word, from both ends.",
    )


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
