"""Bottleneck: what one state can hold of a text, and the short cut that attention is."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd
import streamlit as st

from seqviz import snippets
from seqviz.data.tokens import END
from seqviz.errors import InputError
from seqviz.experiments.translation_lengths import Exactness, exact_by_length, overall
from seqviz.figures.translation import exactness_figure, way_back_figure
from seqviz.instruments.translation_gradients import WayBack, way_back
from seqviz.palette import ATTENTION_NAMES
from seqviz.snippets.subjects import Translator
from seqviz.timelines.translation import END_SIGN
from seqviz.timelines.wording import compared
from seqviz.ui.shell import caches
from seqviz.ui.shell.frame import QUIET, code, mode, verbatim
from seqviz.ui.shell.memo import remembered
from seqviz.ui.shell.stage import View
from seqviz.ui.shell.url import choose, whole
from seqviz.ui.translate.subject import choose_text, pairs_of

PLAIN = "numbers-plain"


@dataclass(frozen=True)
class Comparison:
    """Two networks for the same pairs, and one of them followed back from its last word."""

    networks: tuple[Translator, Translator]
    text: str
    right: tuple[int, ...] | None

    @property
    def names(self) -> tuple[str, str]:
        first, second = (_named(one) for one in self.networks)
        return (first, second) if first != second else (f"{first} (left)", f"{second} (right)")

    @property
    def lengths(self) -> tuple[Sequence[Exactness], Sequence[Exactness]]:
        first, second = (_lengths(one.name, one.version, one) for one in self.networks)
        return first, second


def _named(translator: Translator) -> str:
    return ATTENTION_NAMES[translator.spec.decoder.attention]


def _choose() -> Comparison:
    """Two networks that learned the same pairs; at first one with attention and one without.

    Raises:
        InputError: they learned different pairs.
    """
    datasets = caches.task_datasets("pairs")
    names = list(datasets)
    for key in ("with_attention", "without_attention"):
        caches.say_if_private(key)
    first = caches.translator(
        choose("One network", names, "with_attention", names=caches.network_title, default="numbers", width=260)
    )
    alike = [name for name, dataset in datasets.items() if dataset == first.checkpoint.dataset]
    usual = PLAIN if PLAIN in alike else alike[0]
    second = caches.translator(
        choose("Another", alike, "without_attention", names=caches.network_title, default=usual, width=260)
    )
    text, right = choose_text(first)
    return Comparison((first, second), text, right)


def _result(found: Comparison) -> str:
    first, second = map(overall, found.lengths)
    return f"Exact answers to held-out texts: **{found.names[0]} {first:.1%}**, **{found.names[1]} {second:.1%}**."


def _show(found: Comparison) -> None:
    curves = dict(zip(found.names, found.lengths, strict=True))
    about = ("exactness", *((one.name, one.version) for one in found.networks), mode())
    figure = caches.drawn(about, partial(exactness_figure, curves, mode()))
    st.plotly_chart(figure, key="exactness", theme=None, config=QUIET)
    _gradients(found)
    rows = [
        {"network": name, "tokens": one.length, "exact": one.exact, "held-out texts": one.count}
        for name, lengths in curves.items()
        for one in lengths
    ]
    st.download_button(
        "Exact answers (CSV)",
        pd.DataFrame(rows).to_csv(index=False),
        "seqviz-bottleneck.csv",
        "text/csv",
        on_click="ignore",
    )
    first, second = found.networks
    code(snippets.exactness(first, second), "How often each network is right, by length, and in all.")
    st.caption(
        "A network that you train under Train live can be chosen here, beside another one that learned the same pairs."
    )


def _gradients(found: Comparison) -> None:
    """The picture of why attention was invented."""
    st.header("From the last written word back to what was read", anchor=False)
    if found.right is None:
        st.markdown("Nobody knows the right answer to this text, so there is no loss to follow back. Press Another.")
        return
    words = len(found.right)
    followed = whole("Which written word is followed", "followed_word", low=1, high=words, default=words, width=240) - 1
    ways = {name: _way(one.name, one.version, found.text, found.right, followed, one) for name, one in _paired(found)}
    target = found.networks[0].model.target
    written = [target.vocabulary[token] if token != END else END_SIGN for token in (*found.right, END)]
    source = found.networks[0].model.source.split(found.text)
    figure = way_back_figure(ways, source, written, mode())
    st.plotly_chart(figure, key="way back", theme=None, config=QUIET)
    place = max(range(len(source)), key=lambda at: float(ways[found.names[0]].direct[at]))
    left = ", ".join(f"{name} **{_left(way, place)}**" for name, way in ways.items())
    token = source[place]
    where = f"At “{verbatim(token)}”, token {place + 1}"
    if bool(ways[found.names[0]].direct[place] > 0):
        where += ", where the first network looks most"
    st.markdown(
        f"{where}, the gradient is, compared with where it enters: {left}. Dotted: what comes through attention alone, "
        "a short cut past the steps between."
    )
    rows = [
        {
            "network": name,
            "token": token,
            "place": at + 1,
            "norm": float(way.encoder[at]),
            "short_cut": float(way.direct[at]),
        }
        for name, way in ways.items()
        for at, token in enumerate(source)
    ]
    file = "seqviz-way-back.csv"
    st.download_button("Norms (CSV)", pd.DataFrame(rows).to_csv(index=False), file, "text/csv", on_click="ignore")
    code(snippets.way_back(found.networks, found.text, found.right, followed), "The same norms.")


def _left(way: WayBack, place: int) -> str:
    """What is left of the gradient at a place that was read."""
    return compared(float(way.encoder[place]) / max(1e-30, float(way.decoder[-1])))


def _paired(found: Comparison) -> list[tuple[str, Translator]]:
    return list(zip(found.names, found.networks, strict=True))


@remembered(64)
def _way(name: str, version: int, text: str, right: tuple[int, ...], followed: int, _translator: Translator) -> WayBack:
    model = _translator.model
    return way_back(model, model.source.encode(text), right, followed)


@remembered(16)
def _lengths(name: str, version: int, _translator: Translator) -> Sequence[Exactness]:
    data = pairs_of(_translator)
    if data is None:
        raise InputError("The pairs that this network learned from have been deleted; choose another network.")
    return exact_by_length(_translator.model, data)


VIEW = View(
    "bottleneck",
    "Bottleneck",
    _choose,
    _show,
    result=_result,
    notice=(
        "Without attention all that was read must fit into one state; the longer the answer, the more is lost.",
        "With attention the decoder looks again at what it needs, so length costs little.",
        "The gradient tells why: without attention it must come back through every step; with attention there is a way "
        "that skips them.",
    ),
    question="Train both for twice as long under Train live. Does the gap close, and for which lengths last?",
)
