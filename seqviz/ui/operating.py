"""Operate on a trained network while it reads: presets, free edits, before and after, and what it costs."""

from collections.abc import Iterator
from typing import Any

import streamlit as st

from seqviz.data import Split
from seqviz.figures import lesion_figure
from seqviz.instruments import (
    KINDS,
    Edit,
    Kind,
    evaluate_in_batches,
    lesions_of_digit,
    lesions_of_split,
    trace,
    unit_order,
)
from seqviz.networks import Evaluation
from seqviz.player import signals_timeline
from seqviz.specs import SIGNALS, Cell
from seqviz.ui import caches
from seqviz.ui.choices import Digit, choose_digit
from seqviz.ui.frame import mode
from seqviz.ui.player import player
from seqviz.ui.slices import in_slices
from seqviz.ui.state import choose, recalled_step, remember_step, whole

PRESETS: dict[Cell, dict[str, str]] = {
    "lstm": {"keep": "Hold the forget gate at 1", "close": "Close the input gate"},
    "gru": {"keep": "Hold the update gate at 1", "close": "Hold the update gate at 0"},
    "rnn": {},
}
COMMON = {"silence": "Silence a unit", "transplant": "Transplant the memory of another digit", "free": "Free edit"}
KEEPING = {"lstm": ("forget", "input"), "gru": ("update", "update")}
SCORED, RANKED = 1000, 200
AMOUNTS = ("0", "0.25", "0.5", "0.75", "1", "1.5", "2", "-1")


def operate(network: caches.Network, digit: Digit, source: str, layer: int) -> None:
    """Choose an operation, see before and after on one clock, and score both."""
    edits = _choose(network, source, layer)
    before = trace(network.model, digit.image[None])
    after = trace(network.model, digit.image[None], edits)
    order = unit_order(before.layers[layer].hidden[0], "similarity")
    shown = [signal for signal in SIGNALS[network.spec.cell] if signal in ("cell", "hidden")]
    spec, image = network.spec, digit.image
    one = signals_timeline(spec, image, before, layer, order, "As trained", only=shown, alongside=after)
    other = signals_timeline(spec, image, after, layer, order, "Edited", only=shown, alongside=before, against=before)
    start = recalled_step(len(image))
    player(one.beside(other), key="operate", start=start, autoplay=start is None, on_step=remember_step)
    _score(network, digit.data, edits)
    _lesions(network, digit, layer)


def _choose(network: caches.Network, source: str, layer: int) -> list[Edit]:
    presets = PRESETS[network.spec.cell] | COMMON
    units, rows = network.spec.hidden_size, network.spec.sequence_length
    with st.container(horizontal=True, vertical_alignment="bottom"):
        preset = choose("Operation", list(presets), "operation", names=presets.__getitem__, width=330)
        if preset in ("keep", "close", "transplant"):
            row = whole("From row", 1, rows, 14 if preset == "transplant" else 10, "from", width=140) - 1
        if preset in ("keep", "close"):
            signal = KEEPING[network.spec.cell][preset == "close"]
            value = 1.0 if preset == "keep" else 0.0
            return [Edit(signal, "clamp", value, layer, first=row)]
        if preset == "silence":
            unit = whole("Unit", 0, units - 1, 0, "unit", width=140)
            return [Edit("hidden", "clamp", 0.0, layer, units=(unit,))]
        if preset == "transplant":
            donor = choose_digit("digits" if source == "draw" else source, "donor", "Donor digit", 3)
            seen = trace(network.model, donor.image[None])
            states = [signal for signal in ("cell", "hidden") if signal in SIGNALS[network.spec.cell]]
            return [
                Edit(state, "swap", layer=at, first=row, last=row, source=seen.layers)
                for at in range(len(seen.layers))
                for state in states
            ]
        return [_free(network, layer, units, rows)]


def _free(network: caches.Network, layer: int, units: int, rows: int) -> Edit:
    kinds: list[Kind] = [kind for kind in KINDS if kind != "swap"]
    signal = choose("Signal", list(SIGNALS[network.spec.cell]), "signal", width=150)
    kind = choose("Do what", kinds, "kind", width=130)
    value = float(choose("Value", AMOUNTS, "value", default="1", width=110))
    first_unit = whole("From unit", 0, units - 1, 0, "unit1", width=130)
    last_unit = whole("To unit", 0, units - 1, units - 1, "unit2", width=130)
    first = whole("From row", 1, rows, 1, "row1", width=130) - 1
    last = whole("To row", 1, rows, rows, "row2", width=130) - 1
    chosen = tuple(range(first_unit, last_unit + 1))
    return Edit(signal, kind, max(0.0, value) if kind == "noise" else value, layer, chosen, first, last)


def _score(network: caches.Network, data: str, edits: list[Edit]) -> None:
    st.header("What does it cost?", anchor=False)
    test = caches.dataset(data).test
    split = Split(test.sequences[:SCORED], test.labels[:SCORED])

    def both() -> Iterator[Any]:
        scores: list[Evaluation] = []
        for half, changes in enumerate(([], edits)):
            for item in evaluate_in_batches(network.model, split, changes):
                if isinstance(item, Evaluation):
                    scores.append(item)
                else:
                    yield half / 2 + item / 2
        yield scores

    changes = [(e.signal, e.kind, e.value, e.layer, e.units, e.first, e.last) for e in edits]
    about = f"{network.name} {network.version} {data} {changes} {st.session_state.get('donor')}"
    scores = in_slices("scores", about, f"Score {len(split):,} test digits before and after", both)
    if scores:
        before, after = scores
        with st.container(horizontal=True):
            st.metric("As trained", f"{before.accuracy:.2%}", width="content")
            st.metric("Edited", f"{after.accuracy:.2%}", f"{after.accuracy - before.accuracy:+.2%}", width="content")


def _lesions(network: caches.Network, digit: Digit, layer: int) -> None:
    st.header("Which units matter?", anchor=False)
    target = digit.label if digit.label is not None else int(trace(network.model, digit.image[None]).logits.argmax())
    left, right = st.columns(2)
    with left:
        found = lesions_of_digit(network.model, digit.image[None], target, layer)
        figure = lesion_figure(found.loss, f"probability of {target}, this digit", mode())
        st.plotly_chart(figure, key="digit lesions", theme=None)
    with right:
        test = caches.dataset(digit.data).test
        split = Split(test.sequences[:RANKED], test.labels[:RANKED])
        about = f"{network.name} {network.version} {digit.data} {layer}"
        label = f"Rank all {network.spec.hidden_size} units on {len(split)} test digits"
        ranked = in_slices("lesions", about, label, lambda: lesions_of_split(network.model, split, layer))
        if ranked:
            st.plotly_chart(lesion_figure(ranked.loss, "accuracy, test digits", mode()), key="test lesions", theme=None)
