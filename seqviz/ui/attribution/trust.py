"""Can a method be trusted? Graded on planted evidence, and looked at after its network was randomised."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st
import torch
from torch import Tensor

from seqviz import snippets
from seqviz.data.planted import Planted, planted_digits
from seqviz.figures.attribution import grades_figure, rank_similarity_figure
from seqviz.instruments.attribution import Method, attribute
from seqviz.instruments.contributions import EXACT
from seqviz.instruments.grading import (
    Grade,
    RankSimilarity,
    agreement_with_contributions,
    cascading_randomization,
    grade,
    similarity_under_randomization,
)
from seqviz.networks.network import SequenceNetwork
from seqviz.palette import CELL_NAMES
from seqviz.snippets.subjects import Network
from seqviz.specs import CELLS, Cell
from seqviz.timelines.attribution import attribution_timeline
from seqviz.training.checkpoints import load_checkpoint
from seqviz.ui.attribution import methods
from seqviz.ui.shell import caches
from seqviz.ui.shell.background import in_background
from seqviz.ui.shell.choices import choose_network
from seqviz.ui.shell.frame import QUIET, code, mode
from seqviz.ui.shell.player import player
from seqviz.ui.shell.slices import in_slices
from seqviz.ui.shell.url import choose, switch, whole

SHIPPED = caches.MODELS / "planted.json"
EVERY: tuple[Method, ...] = tuple(methods.ABOUT)
GRADED, RANDOMIZED, COMPARED = 50, 8, 8  # sequences and digits of the live tests
FALLS_APART = 0.5  # rank correlation below which a picture has changed


def trust(test: str) -> None:
    """The planted evidence, the two sanity checks, or for a concat head the exact votes."""
    {"planted": _planted, "ruin": _randomization, "votes": _contributions}[test]()


TESTS = {"planted": "Planted evidence", "ruin": "Ruin the network", "votes": "Against exact votes"}


def _planted() -> None:
    st.markdown(
        "Four segments follow each other: a digit that counts, blank rows, noise, and a second digit that must be "
        "ignored. The networks have learned to name the first digit, wherever it stands: only its rows are evidence."
    )
    _one_example()
    shipped = _shipped()
    grades = {
        cell: {methods.name_of(method): (one["precision"], one["error"]) for method, one in found.items()}
        for cell, found in shipped["grades"].items()
    }
    first = next(iter(shipped["grades"]["gru"].values()))
    title = "Planted rows among the rows that a method ranks highest"
    st.plotly_chart(grades_figure(grades, first["chance"], title, mode()), key="grades", theme=None, config=QUIET)
    _grades_table(grades)
    st.caption(
        f"Shipped: up to {shipped['graded']} sequences that each network answers rightly; as many rows as hold "
        "evidence, by their sum of |scores|; bars are standard errors. Measured by scripts/planted."
    )
    st.header("Grade them now", anchor=False)
    cell: Cell = choose("Cell", CELLS, "planted_cell", names=CELL_NAMES.__getitem__, default="gru", width=150)
    key = f"grades {cell}"
    work = partial(_grades, _data(), _network(f"planted-{cell}"))
    in_background(key, f"Grade {len(EVERY)} methods on {GRADED} sequences", work, _graded)
    code(snippets.planted(cell, GRADED), "The same grades of one method, with the project's own functions.")


def _grades_table(grades: Mapping[Cell, Mapping[str, tuple[float, float]]]) -> None:
    """Method × cell, as numbers."""
    frame = pd.DataFrame(
        {CELL_NAMES[cell]: {name: mean for name, (mean, _) in one.items()} for cell, one in grades.items()}
    )
    with st.expander("As a table", icon=":material/table:"):
        percent = st.column_config.NumberColumn(format="percent")
        st.dataframe(frame, column_config=dict.fromkeys(frame.columns, percent))
        content = frame.to_csv(index_label="method")
        st.download_button("Grades that ship (CSV)", content, "seqviz-planted.csv", "text/csv", on_click="ignore")


def _one_example() -> None:
    """One planted sequence, and what a method says of it."""
    planted = _data()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = whole("Sequence", 0, len(planted.data.test) - 1, 0, "planted_sample", width=130)
        method: Method = choose("Method", list(EVERY), "planted_method", names=methods.name_of, width=230)
    image, label = planted.data.test.inputs[number], int(planted.data.test.targets[number])
    timeline = None
    for cell in CELLS:
        answer, scores = _example(cell, number, method)
        column = attribution_timeline(image, scores, f"{CELL_NAMES[cell]}: a {label}, read as {answer}")
        timeline = timeline.beside(column) if timeline else column
    assert timeline is not None
    rows = planted.evidence[number].nonzero().flatten()
    st.caption(f"The evidence lies in rows {int(rows[0]) + 1} to {int(rows[-1]) + 1}.")
    player(timeline, key="planted", start=int(rows[0]))


@st.cache_resource(show_spinner=False, max_entries=128)
def _example(cell: Cell, number: int, method: Method) -> tuple[int, Tensor]:
    """What a planted network answers to a sequence, and what a method says of the right class."""
    test, model = _data().data.test, _network(f"planted-{cell}")
    image, label = test.inputs[number][None], int(test.targets[number])
    with torch.no_grad():
        answer = int(model(image).argmax())
    return answer, attribute(model, image, label, method).scores[0]


def _grades(planted: Planted, model: SequenceNetwork) -> Iterator[float | dict[Method, Grade]]:
    return grade(model, planted.data.test[:GRADED], planted.evidence[:GRADED], EVERY)


def _graded(found: Mapping[Method, Grade]) -> None:
    rows = [
        {
            "method": methods.name_of(method),
            "precision": one.precision,
            "standard error": one.error,
            "chance": one.chance,
            "sequences": one.examples,
        }
        for method, one in found.items()
    ]
    percent = st.column_config.NumberColumn(format="percent")
    frame = pd.DataFrame(rows)
    st.dataframe(
        frame, hide_index=True, column_config=dict.fromkeys(("precision", "standard error", "chance"), percent)
    )
    st.download_button("Grades (CSV)", lambda: frame.to_csv(index=False), "seqviz-grades.csv", on_click="ignore")


def _randomization() -> None:
    st.markdown(
        "A picture that explains a network must change when the network is randomised: when its weights are drawn anew "
        "from the head downwards, or when another network of the same shape, which has learned random labels by heart, "
        "takes its place (Adebayo et al. 2018). What stays near 1 shows the digit and not the network."
    )
    ink = switch("Compare only where there is ink", "ink")
    names = [name for name in caches.SHIPPED if name in _shipped()["similarity"]]
    shown = choose("Network", names, "ruined", names=caches.network_title, width=230)
    by_method = _shipped()["similarity"][f"{shown} ink" if ink else shown]
    similarity = {methods.name_of(method): by_stage for method, by_stage in by_method.items()}
    title = "Rank similarity to the trained network's scores"
    st.plotly_chart(rank_similarity_figure(similarity, title, mode()), key="similarity", theme=None, config=QUIET)
    _verdict(similarity)
    _save_similarity(similarity, "Rank similarity that ships (CSV)", f"seqviz-similarity-{shown}.csv")
    st.caption(
        "Spearman's rank correlation of |scores|: 1 is the same order, 0 unrelated. Mean over "
        f"{_shipped()['randomized']} digits. Measured by scripts/planted."
    )
    st.header("Ruin another network", anchor=False)
    network = choose_network("Network", "model")
    about = f"{network.name} {network.version} {ink}"
    work = partial(_randomized, network, ink)
    found = in_slices("ruin", about, f"Ruin it in steps, {len(EVERY)} methods on {RANDOMIZED} digits", work)
    if found:
        live = {methods.name_of(method): one.by_stage for method, one in found.items()}
        st.plotly_chart(rank_similarity_figure(live, title, mode()), key="similarity live", theme=None, config=QUIET)
        _verdict(live)
        _save_similarity(live, "Rank similarity (CSV)", f"seqviz-similarity-{network.name}.csv")
    code(
        snippets.cascading_randomization(network, RANDOMIZED, ink),
        "One method while the network is randomised: the same correlations.",
    )


def _save_similarity(similarity: Mapping[str, Mapping[str, float]], label: str, name: str) -> None:
    content = pd.DataFrame(similarity).T.to_csv(index_label="method")
    st.download_button(label, content, name, "text/csv", on_click="ignore")


def _randomized(network: Network, ink: bool) -> Iterator[float | dict[Method, RankSimilarity]]:
    models = dict(cascading_randomization(network.model))
    random_labels = _network("random-labels")
    if network.spec == random_labels.spec:
        models["random labels"] = random_labels
    return similarity_under_randomization(models, caches.dataset("digits").test[:RANDOMIZED], EVERY, ink_only=ink)


def _verdict(similarity: Mapping[str, Mapping[str, float]]) -> None:
    """Which methods do not fall apart once the whole network is randomised."""
    stages = [stage for stage in next(iter(similarity.values())) if stage != "random labels"]
    for stage, words in ((stages[-1], "all weights are drawn anew"), ("random labels", "the labels were random")):
        stay = [name for name, found in similarity.items() if found.get(stage, 0.0) >= FALLS_APART]
        if stage in next(iter(similarity.values())):
            what = ", ".join(stay) if stay else "none"
            st.markdown(f"Still alike ({FALLS_APART:g} or more) when {words}: **{what}**.")


def _contributions() -> None:
    st.markdown(
        "With all rows the logit is exactly a sum of votes, one a row: a truth to hold methods against. But a vote is "
        "of the state at a row, which knows all rows before, and a score of a row's own pixels: that they hardly agree "
        "shows how much of a vote is memory."
    )
    found = {methods.name_of(method): value for method, value in _shipped()["agreement"].items()}
    st.dataframe(_as_table(found), hide_index=True)
    st.caption(
        "1: the same course, 0: unrelated. Row totals against the votes of LSTM, all rows; mean over "
        f"{_shipped()['randomized']} digits."
    )
    st.header("Another network", anchor=False)
    names = [name for name, spec in caches.network_specs().items() if spec.head.kind in EXACT]
    network = caches.network(choose("Network", names, "voter", names=caches.network_title, width=230))
    about = f"{network.name} {network.version}"
    live = in_slices("votes", about, f"Compare {len(EVERY)} methods on {COMPARED} digits", partial(_agreement, network))
    if live:
        st.dataframe(_as_table({methods.name_of(method): value for method, value in live.items()}), hide_index=True)
    code(snippets.agreement_with_contributions(network, COMPARED), "The same correlations.")


def _agreement(network: Network) -> Iterator[float | dict[Method, float]]:
    return agreement_with_contributions(network.model, caches.dataset("digits").test[:COMPARED], EVERY)


def _as_table(found: Mapping[str, float]) -> pd.DataFrame:
    rows: Sequence[dict[str, Any]] = [
        {"method": name, "correlation with the votes": round(value, 3)}
        for name, value in sorted(found.items(), key=lambda item: -item[1])
    ]
    return pd.DataFrame(rows)


@st.cache_data(show_spinner=False)
def _shipped() -> dict[str, Any]:
    return json.loads(SHIPPED.read_text(encoding="utf-8"))


@st.cache_resource(show_spinner="Planting digits …")
def _data() -> Planted:
    return planted_digits(train=1)


@st.cache_resource(show_spinner=False)
def _network(name: str) -> SequenceNetwork:
    model = load_checkpoint(caches.MODELS / f"{name}.safetensors").build()
    assert isinstance(model, SequenceNetwork)
    return model
