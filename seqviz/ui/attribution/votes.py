"""Exact votes: a head that sums over rows says what each row added; methods are held against it."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from seqviz import snippets
from seqviz.instruments.attribution import Method
from seqviz.instruments.contributions import EXACT
from seqviz.instruments.grading import agreement_with_contributions
from seqviz.snippets.subjects import Network
from seqviz.ui.attribution import methods
from seqviz.ui.attribution.shipped import EVERY, shipped
from seqviz.ui.shell import caches
from seqviz.ui.shell.background import in_background
from seqviz.ui.shell.frame import code
from seqviz.ui.shell.stage import View
from seqviz.ui.shell.url import choose

COMPARED = 8  # digits of the live test


def _choose() -> Network:
    names = [name for name, spec in caches.network_specs().items() if spec.head.kind in EXACT]
    return caches.network(choose("Network", names, "voter", names=caches.network_title, width=230))


def _result(_: Network) -> str:
    """The method that follows the votes best, and how little that is."""
    name, value = max(_agreement().items(), key=lambda one: one[1])
    return f"Of {len(EVERY)} methods **{name}** follows the rows' exact votes best: correlation **{value:.2f}**."


def _agreement() -> dict[str, float]:
    return {methods.name_of(method): value for method, value in shipped()["agreement"].items()}


def _show(network: Network) -> None:
    """What ships, and any network with such a head live."""
    st.dataframe(_as_table(_agreement()), hide_index=True)
    st.caption(
        "1: the same course, 0: unrelated. Row totals against the votes of the shipped LSTM that reads all rows; mean "
        f"over {shipped()['randomized']} digits."
    )
    st.markdown(
        "With all rows the logit is exactly a sum of votes, one a row: a truth to hold methods against. But a vote is "
        "of the state at a row, which knows all rows before, and a score of a row's own pixels: that they hardly agree "
        "shows how much of a vote is memory."
    )
    st.header("Measure it now", anchor=False)
    key, label = f"votes {network.name} {network.version}", f"Compare {len(EVERY)} methods on {COMPARED} digits"
    work = partial(agreement_with_contributions, network.model, caches.dataset("digits").test[:COMPARED], EVERY)
    in_background(key, "Comparison with exact votes", label, work, _compared, once=True)
    code(snippets.agreement_with_contributions(network, COMPARED), "The same correlations.")


def _compared(found: Mapping[Method, float]) -> None:
    st.dataframe(_as_table({methods.name_of(method): value for method, value in found.items()}), hide_index=True)


def _as_table(found: Mapping[str, float]) -> pd.DataFrame:
    rows: Sequence[dict[str, Any]] = [
        {"method": name, "correlation with the votes": round(value, 3)}
        for name, value in sorted(found.items(), key=lambda item: -item[1])
    ]
    return pd.DataFrame(rows)


VIEW = View(
    "votes",
    "Exact votes",
    _choose,
    _show,
    result=_result,
    notice=(
        "Each row's vote is exact, and still it is no score of that row's pixels: most of it is memory.",
        "The lower the correlation, the more of a vote was decided by earlier rows.",
    ),
    question="Zero the recurrent weights of such a network in thought. What would the correlations become?",
)
