"""Pixels or words: up to three methods on one example, and what happens when their favourites are removed."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import combinations

import streamlit as st
import torch
from torch import Tensor

from seqviz import snippets
from seqviz.data.examples import Digit, Example, Sentence
from seqviz.figures.attribution import removal_figure
from seqviz.figures.pictures import picture_sheet
from seqviz.instruments.arrays import to_npz
from seqviz.instruments.attribution import COMPLETE, Attribution, Method, attribute_each, from_embedded
from seqviz.instruments.grading import agreement_over_rows
from seqviz.instruments.removal import By, First, RemovalCurve, removal_curves, removal_order, with_removed
from seqviz.networks.answers import class_shares
from seqviz.player.page import to_html
from seqviz.snippets.subjects import Question
from seqviz.timelines.attribution import attribution_timeline
from seqviz.ui.attribution import methods
from seqviz.ui.attribution.question import NOTHING, ask, baseline_of, probability
from seqviz.ui.shell import caches
from seqviz.ui.shell.choices import notes_of_texts
from seqviz.ui.shell.crowd import offload
from seqviz.ui.shell.frame import QUIET, code, mode, verbatim
from seqviz.ui.shell.player import player
from seqviz.ui.shell.stage import View, on_demand
from seqviz.ui.shell.url import choose, pick, recalled_step, remember_step, slide, switch

USUAL: tuple[Method, ...] = ("integrated_gradients", "occlusion_rows", "saliency")
TOP = 3  # rows or words that are named


@dataclass(frozen=True)
class Compared:
    """A question, and the methods that answer it."""

    question: Question
    methods: Sequence[Method]

    def name_of(self, method: Method) -> str:
        return methods.name_of(method, self.question.example.step_name)

    @cached_property
    def found(self) -> dict[Method, Attribution]:
        return attributed(self.question, self.methods)

    @cached_property
    def agreement(self) -> dict[tuple[Method, Method], float]:
        """The rank correlation over time of every two methods, signs aside."""
        rows = {method: one.rows[0] for method, one in self.found.items()}
        if len(self.question.example) < 2:
            return {}  # there is no order
        return {(a, b): agreement_over_rows(rows[a], rows[b]) for a, b in combinations(rows, 2)}


def _choose() -> Compared:
    question = ask()
    chosen = [_choose_method(question.example, number) for number in range(3)]
    return Compared(question, list(dict.fromkeys(one for one in chosen if one is not None)))


def _result(compared: Compared) -> str:
    """Which row or word each method finds strongest, and how far the methods agree."""
    question, totals = compared.question, {method: one.rows[0] for method, one in compared.found.items()}
    empty = [method for method, one in totals.items() if not one.any()]
    example, asked = question.example, verbatim(question.words)
    if len(empty) == len(totals):
        return f"Why {asked}? There is nothing that these methods could point at: all their scores are **0**."
    there = {method: one for method, one in totals.items() if method not in empty}
    places = [_strongest(example, one) for one in there.values()]
    strongest = ", ".join(f"{compared.name_of(method)} {place}" for method, place in zip(there, places, strict=True))
    said = f"Why {asked}? Strongest {example.step_name}: {strongest}."
    pairs = [rho for both, rho in compared.agreement.items() if there.keys() >= set(both)]
    if not pairs:
        return said
    return (
        f"{said} Over all {example.step_name}s they agree by ρ = **{sum(pairs) / len(pairs):.2f}** (1: the same order)."
    )


def _strongest(example: Example, totals: Tensor) -> str:
    """A row's number, or a word; and whether it speaks against what is asked."""
    step = int(totals.abs().argmax())
    place = f"**{step + 1}**" if isinstance(example, Digit) else f"**“{verbatim(example.words[step])}”**"
    return place if totals[step] >= 0 else f"{place} (against it)"


def _show(compared: Compared) -> None:
    """Up to three methods side by side on one clock, their sums in words, and removal."""
    question, found = compared.question, compared.found
    timeline = None
    for method, one in found.items():
        column = attribution_timeline(question.example, one.scores[0], compared.name_of(method))
        timeline = timeline.beside(column) if timeline else column
    assert timeline is not None
    start = recalled_step(len(question.example))
    strongest = int(next(iter(found.values())).rows[0].abs().argmax())
    player(timeline, key="attributed", start=strongest if start is None else start, on_step=remember_step)
    colours = "; ".join(f"{compared.name_of(method)}: {methods.ABOUT[method].colours}" for method in found)
    st.caption(f"{colours}. Explained is {verbatim(question.score)}. {probability(question)}")
    _agreement(compared)
    for method, one in found.items():
        _sum_in_words(compared, method, one)
    with st.expander("What these methods compute, assume, and when they mislead", icon=":material/menu_book:"):
        for method in found:
            methods.explain(method)
    removal = ("by", "first", "insert", "share")
    on_demand("Remove what they call important", partial(_removal, compared), removal)
    with st.container(horizontal=True):
        arrays = {str(method): one.scores[0].numpy() for method, one in found.items()}
        name = f"seqviz-attribution-{question.network.name}"
        st.download_button("Numbers (NPZ)", lambda: to_npz(arrays), f"{name}.npz", on_click="ignore")
        page = partial(to_html, timeline, f"Why {question.words}?")
        st.download_button("Page that plays anywhere", page, f"{name}.html", "text/html", on_click="ignore")
    code(
        snippets.attribution(question, compared.methods[0]),
        f"{compared.name_of(compared.methods[0])} with Captum itself: the same scores.",
    )


def _agreement(compared: Compared) -> None:
    """Each method's strongest rows or words, and the rank correlation of every two."""
    rows, example = {method: one.rows[0] for method, one in compared.found.items()}, compared.question.example
    tops = [
        f"{compared.name_of(method)} {_named(example, totals.abs().topk(min(TOP, len(example))).indices.tolist())}"
        for method, totals in rows.items()
    ]
    pairs = [
        f"{compared.name_of(a)} and {compared.name_of(b)} {rho:+.2f}" for (a, b), rho in compared.agreement.items()
    ]
    agree = f" Rank correlation over {example.step_name}s, signs aside: {'; '.join(pairs)}." if pairs else ""
    st.markdown(f"**The {TOP} strongest {example.step_name}s**: {'; '.join(tops)}.{agree}")


def _named(example: Example, steps: Sequence[int]) -> str:
    if isinstance(example, Digit):
        return ", ".join(str(step + 1) for step in steps)
    return ", ".join(f"“{verbatim(example.words[step])}” ({step + 1})" for step in steps)


def attributed(question: Question, asked: Sequence[Method]) -> dict[Method, Attribution]:
    """What each of these methods attributes."""
    return _attributed(question.about, tuple(asked), question)


@st.cache_resource(show_spinner="Attributing …", max_entries=256)
def _attributed(about: tuple[object, ...], asked: tuple[Method, ...], _question: Question) -> dict[Method, Attribution]:
    one = _question
    inputs = one.example.inputs(one.network.spec)[None]
    found = offload(attribute_each, one.network.model, inputs, one.target, asked, baseline_of(one)[None])
    return {each.method: each for each in found}


def _sum_in_words(compared: Compared, method: Method, found: Attribution) -> None:
    total, change = float(found.scores.sum()), float(found.answer[0] - found.baseline_answer[0])
    text = f"**{compared.name_of(method)}** took {found.seconds * 1e3:.0f} ms. "
    if method not in COMPLETE:
        st.markdown(f"{text}Its scores promise no sum: compare them with each other, not with the score.")
        return
    assert found.gap is not None
    share = abs(float(found.gap[0])) / max(1e-9, abs(change))
    verdict = "nothing is missing" if share < 0.01 else "close enough" if share < 0.1 else "too much to trust the sum"
    st.markdown(
        f"{text}Its scores sum to {total:+.2f}; from the baseline to the input the score changes by {change:+.2f}. "
        f"Left over (convergence delta) {float(found.gap[0]):+.3f}: {verdict}."
    )


def _removal(compared: Compared) -> None:
    """What a method calls important is taken away (or put back): does the probability follow?"""
    question, found = compared.question, compared.found
    example = question.example
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by: By = "rows"
        if isinstance(example, Digit):
            by = pick("Remove", ("pixels", "rows"), "by")
        first: First = pick("Begin with the", ("most", "least"), "first", names=lambda one: f"{one} important")
        insert = switch("Put back instead", "insert")
        share = int(slide("Share", "share", width=260))
    ranked = _curves(question.about, tuple(found), by, first, insert, question)
    curves = {compared.name_of(method): curve for method, curve in zip(found, ranked, strict=True)}
    what, things = "put back" if insert else "removed", by if isinstance(example, Digit) else "words"
    left, right = st.columns([3, 2])
    with left:
        named = example.classes[question.label]
        title = f"Probability of {named} while {things} are {what}, {first} important first"
        draw = partial(removal_figure, curves, share / 100, title, what, mode())
        about = ("removal", question.about, tuple(found), by, first, insert, share, mode())
        st.plotly_chart(caches.drawn(about, draw), key="removal", theme=None, config=QUIET)
    with right:
        st.markdown(f"**{share} % {what}**")
        _what_is_left(compared, by, first, share, insert=insert)
    good = "high" if insert == (first == "most") else "low"
    kind = "An image" if isinstance(example, Digit) else "A text"
    st.caption(
        f"Here a good method has a {good} area under its curve, beyond that of random order. Most important: what "
        f"speaks most for the answer; least: what speaks neither for nor against it. {kind} with holes is nothing the "
        "network was trained on: part of every fall is surprise at the holes."
    )


def _what_is_left(compared: Compared, by: By, first: First, share: int, *, insert: bool) -> None:
    """The example without what each method has chosen (or with that alone), and the probability that it has then."""
    question, model = compared.question, compared.question.network.model
    example, x, base = question.example, _read(question), baseline_of(question)
    pictures, captions = [], []
    for method, one in compared.found.items():
        order = removal_order(one.scores[0], by, first)
        count = round(len(order) * share / 100)
        changed = with_removed(x, base, order, count, by, insert=insert)
        with torch.no_grad():
            probability = float(class_shares(from_embedded(model)(changed[None]))[0, question.label])
        pictures.append(changed)
        captions.append(f"{compared.name_of(method)}: {probability:.0%}")
        if isinstance(example, Sentence):
            chosen = set(order[:count].tolist())
            kept = [word if (step in chosen) == insert else "▁" for step, word in enumerate(example.words)]
            st.markdown(f"**{captions[-1]}**")
            st.text(" ".join(kept))
    if isinstance(example, Digit):
        st.html(picture_sheet(pictures, captions, mode()))


@st.cache_resource(show_spinner=False, max_entries=256)
def _curves(
    about: tuple[object, ...], kinds: tuple[Method, ...], by: By, first: First, insert: bool, _question: Question
) -> list[RemovalCurve]:
    scores = [found.scores[0] for found in _attributed(about, kinds, _question).values()]
    one = _question
    return removal_curves(
        one.network.model, _read(one), scores, one.label, baseline_of(one), by=by, first=first, insert=insert
    )


def _read(question: Question) -> Tensor:
    """What the recurrent layers read: rows of pixels, or the words' vectors."""
    model = question.network.model
    with torch.no_grad():
        return model.prepare_one(question.example.inputs(model.spec)[None])[0]


def _choose_method(example: Example, number: int) -> Method | None:
    there = methods.for_example(example)
    options = [*there, *([NOTHING] if number else [])]
    named = {NOTHING: "no more"} | {method: methods.name_of(method, example.step_name) for method in there}
    label = f"Method {number + 1}"
    chosen = choose(label, options, f"method{number + 1}", names=named, default=USUAL[number], width=220)
    return next((method for method in there if method == chosen), None)


VIEW = View(
    "pixels",
    "Pixels or words",
    _choose,
    _show,
    result=_result,
    notice=(
        "Three methods, three answers: each answers another question about the same network.",
        "Change the baseline: what counts as “nothing there” changes what counts as evidence.",
        "Ask why one digit and not another: the strokes that both share fall away.",
    ),
    question="Remove the least important fifth of the pixels. Does the probability stay? For which method not?",
    notes=notes_of_texts(
        lambda compared: compared.question.example,
        notice=(
            "Three methods, three answers: each answers another question about the same network.",
            "Change the baseline: what counts as “nothing there” changes what counts as evidence.",
        ),
        question="Remove the least important fifth of the words. Does the probability stay? For which method not?",
    ),
)
