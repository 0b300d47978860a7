"""Pixels and rows: up to three methods on one digit, and what happens when their favourites are removed."""

from functools import partial

import streamlit as st
import torch

from seqviz import snippets
from seqviz.figures.attribution import removal_figure
from seqviz.figures.pictures import picture_sheet
from seqviz.instruments.arrays import to_npz
from seqviz.instruments.attribution import COMPLETE, Attribution, Method, attribute
from seqviz.instruments.baselines import BASELINES, BaselineKind
from seqviz.instruments.removal import By, First, RemovalCurve, removal_curve, removal_order, with_removed
from seqviz.player.page import to_html
from seqviz.snippets.subjects import Question
from seqviz.timelines.attribution import attribution_timeline
from seqviz.ui.attribution import methods
from seqviz.ui.attribution.question import MEANT, baseline_of
from seqviz.ui.shell import caches
from seqviz.ui.shell.choices import choose_digit, choose_network, choose_source
from seqviz.ui.shell.frame import QUIET, code, mode
from seqviz.ui.shell.player import player
from seqviz.ui.shell.stage import controls
from seqviz.ui.shell.url import choose, pick, recalled_step, remember_step, slide, switch, whole

BASELINE_NAMES: dict[BaselineKind, str] = {
    "black": "Black image",
    "mean": "Mean digit",
    "blurred": "The digit, blurred",
    "other": "Another digit",
}
USUAL: tuple[Method, ...] = ("integrated_gradients", "occlusion_rows", "saliency")
NOTHING = "none"


def ask() -> Question:
    """The controls that all views of a digit share."""
    with controls():
        network = choose_network("Network", "model")
        digit = choose_digit(choose_source(), "sample")
    with torch.no_grad():
        logits = network.model(digit.image[None])[0]
    ranked = logits.argsort(descending=True).tolist()
    with controls():
        classes = [str(label) for label in range(network.spec.head.outputs)]
        wanted = choose("Why", ["answer", *classes], "why", names=partial(_named, answer=ranked[0]), width=190)
        first = ranked[0] if wanted == "answer" else int(wanted)
        rivals = [NOTHING, *(one for one in classes if one != str(first))]
        against = choose("and not", rivals, "not", width=140)
        baseline = choose("Compared with", BASELINES, "base", names=BASELINE_NAMES.__getitem__, width=190)
        other = 0
        if baseline == "other":
            last = min(MEANT, len(caches.dataset(digit.data).test)) - 1
            other = whole("Its number", 0, last, 3, "base_digit", width=130)
    second = None if against == NOTHING else int(against)
    probability = float(logits.softmax(dim=-1)[first])
    other_answer = "" if first == ranked[0] else f" It answers {ranked[0]}."
    st.caption(f"The network gives {first} a probability of {probability:.1%} for {digit.title}.{other_answer}")
    return Question(network, digit, first if second is None else (first, second), baseline, other)


def pixels() -> None:
    """Up to three methods side by side on one clock, their sums in words, and removal."""
    question = ask()
    with controls():
        chosen = [_choose_method(number) for number in range(3)]
    wanted: list[Method] = list(dict.fromkeys(one for one in chosen if one is not None))
    found = {method: attributed(question, method) for method in wanted}
    timeline = None
    for method, one in found.items():
        title = f"{methods.name_of(method)} ({methods.ABOUT[method].colours})"
        column = attribution_timeline(question.digit.image, one.scores[0], title)
        timeline = timeline.beside(column) if timeline else column
    assert timeline is not None
    st.markdown(
        f"**Why {question.words}?** Scores over the digit, beside it each row's total. Explained is {question.score}."
    )
    start = recalled_step(len(question.digit.image))
    strongest = int(next(iter(found.values())).rows[0].abs().argmax())
    player(timeline, key="attributed", start=strongest if start is None else start, on_step=remember_step)
    for method, one in found.items():
        _sum_in_words(method, one)
    with st.expander("What these methods compute, assume, and when they mislead", icon=":material/menu_book:"):
        for method in wanted:
            methods.explain(method)
    _removal(question, found)
    with st.container(horizontal=True):
        arrays = {str(method): one.scores[0].numpy() for method, one in found.items()}
        name = f"seqviz-attribution-{question.network.name}"
        st.download_button("Numbers (NPZ)", lambda: to_npz(arrays), f"{name}.npz", on_click="ignore")
        page = partial(to_html, timeline, f"Why {question.words}?")
        st.download_button("Page that plays anywhere", page, f"{name}.html", "text/html", on_click="ignore")
    code(
        snippets.attribution(question, wanted[0]),
        f"{methods.name_of(wanted[0])} with Captum itself: the same scores.",
    )


def attributed(question: Question, method: Method) -> Attribution:
    """The attribution of one method."""
    return _attributed(question.about, method, question)


@st.cache_resource(show_spinner="Attributing …", max_entries=256)
def _attributed(about: tuple[object, ...], method: Method, _question: Question) -> Attribution:
    one = _question
    return attribute(one.network.model, one.digit.image[None], one.target, method, baseline_of(one)[None])


def _sum_in_words(method: Method, found: Attribution) -> None:
    total, change = float(found.scores.sum()), float(found.answer[0] - found.baseline_answer[0])
    text = f"**{methods.name_of(method)}** took {found.seconds * 1e3:.0f} ms. "
    if method not in COMPLETE:
        st.markdown(f"{text}Its scores promise no sum: compare them with each other, not with the score.")
        return
    assert found.gap is not None
    share = abs(float(found.gap[0])) / max(1e-9, abs(change))
    verdict = "nothing is missing" if share < 0.01 else "close enough" if share < 0.1 else "too much to trust the sum"
    st.markdown(
        f"{text}Its scores sum to {total:+.2f}; from the baseline to the digit the score changes by {change:+.2f}. "
        f"Left over (convergence delta) {float(found.gap[0]):+.3f}: {verdict}."
    )


def _removal(question: Question, found: dict[Method, Attribution]) -> None:
    """What a method calls important is taken away (or put back): does the probability follow?"""
    st.header("Remove what it calls important", anchor=False)
    image, base = question.digit.image, baseline_of(question)
    label = question.label
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by: By = pick("Remove", ("pixels", "rows"), "by")
        first: First = pick("Begin with the", ("most", "least"), "first", names=lambda one: f"{one} important")
        insert = switch("Put back instead", "insert")
        share = int(
            slide("Share", tuple(str(percent) for percent in range(0, 101, 5)), "share", default="20", width=260)
        )
    curves = {methods.name_of(method): _curve(question.about, method, by, first, insert, question) for method in found}
    what = "put back" if insert else "removed"
    left, right = st.columns([3, 2])
    with left:
        title = f"Probability of {label} while {by} are {what}, {first} important first"
        draw = partial(removal_figure, curves, share / 100, title, what, mode())
        about = ("removal", question.about, tuple(found), by, first, insert, share, mode())
        st.plotly_chart(caches.drawn(about, draw), key="removal", theme=None, config=QUIET)
    with right:
        st.markdown(f"**{share} % {what}**")
        pictures, captions = [], []
        for method, one in found.items():
            order = removal_order(one.scores[0], by, first)
            changed = with_removed(image, base, order, round(len(order) * share / 100), by, insert=insert)
            with torch.no_grad():
                probability = float(question.network.model(changed[None]).softmax(dim=-1)[0, label])
            pictures.append(changed)
            captions.append(f"{methods.name_of(method)}: {probability:.0%}")
        st.html(picture_sheet(pictures, captions, mode()))
    good = "high" if insert == (first == "most") else "low"
    st.caption(
        f"Here a good method has a {good} area under its curve, beyond that of random order. Most important: what "
        "speaks most for the answer; least: what speaks neither for nor against it. An image with holes is nothing the "
        "network was trained on: part of every fall is surprise at the holes."
    )


@st.cache_resource(show_spinner=False, max_entries=256)
def _curve(
    about: tuple[object, ...], method: Method, by: By, first: First, insert: bool, _question: Question
) -> RemovalCurve:
    scores = _attributed(about, method, _question).scores[0]
    one = _question
    return removal_curve(
        one.network.model, one.digit.image, scores, one.label, baseline_of(one), by=by, first=first, insert=insert
    )


def _choose_method(number: int) -> Method | None:
    options = [*methods.ABOUT, *([NOTHING] if number else [])]
    label, key = f"Method {number + 1}", f"method{number + 1}"
    chosen = choose(label, options, key, names=_method_name, default=USUAL[number], width=220)
    return next((method for method in methods.ABOUT if method == chosen), None)


def _named(option: str, answer: int) -> str:
    return f"its answer ({answer})" if option == "answer" else option


def _method_name(option: str) -> str:
    return next((about.name for method, about in methods.ABOUT.items() if method == option), "no more")
