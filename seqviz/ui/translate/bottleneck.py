"""Bottleneck: what one state can hold of a text, and the short cut that attention is."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd
import streamlit as st

from seqviz import snippets
from seqviz.errors import InputError
from seqviz.experiments.translation_lengths import Exactness, exact_by_length, overall
from seqviz.figures.translation import exactness_figure
from seqviz.palette import ATTENTION_NAMES
from seqviz.snippets.subjects import Translator
from seqviz.ui.shell import caches
from seqviz.ui.shell.frame import QUIET, code, mode
from seqviz.ui.shell.memo import remembered
from seqviz.ui.shell.stage import View
from seqviz.ui.shell.translators import choose_two, pairs_of


@dataclass(frozen=True)
class Comparison:
    """Two networks for the same pairs."""

    networks: tuple[Translator, Translator]

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
    """Two networks that learned the same pairs; at first one with attention and one without."""
    return Comparison(choose_two())


def _result(found: Comparison) -> str:
    first, second = map(overall, found.lengths)
    return f"Exact answers to held-out texts: **{found.names[0]} {first:.1%}**, **{found.names[1]} {second:.1%}**."


def _show(found: Comparison) -> None:
    curves = dict(zip(found.names, found.lengths, strict=True))
    about = ("exactness", *((one.name, one.version) for one in found.networks), mode())
    figure = caches.drawn(about, partial(exactness_figure, curves, mode()))
    st.plotly_chart(figure, key="exactness", theme=None, config=QUIET)
    st.markdown("**Why**: [the gradient on its way back](gradient-flow?view=attention), with attention and without.")
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
