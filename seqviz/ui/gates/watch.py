"""Watch: every signal of a layer at every row, and how the gates behave over the whole test set."""

from functools import partial

import streamlit as st

from seqviz.data.batch import Batch
from seqviz.figures.gates import class_figure, distribution_figure, saturation_figure, time_scale_figure
from seqviz.instruments.gates import GateStatistics, gate_statistics
from seqviz.instruments.order import unit_order
from seqviz.instruments.trace import trace
from seqviz.palette import CELL_NAMES
from seqviz.player.timeline import Timeline
from seqviz.snippets.subjects import Digit, Network
from seqviz.specs import GATES, MEMORY_GATES
from seqviz.timelines.signals import signals_timeline
from seqviz.ui.gates.unit import choose_unit, convention, pin
from seqviz.ui.shell import caches
from seqviz.ui.shell.choices import choose_digit, choose_network, choose_order
from seqviz.ui.shell.frame import mode, plain_errors, say_overflow
from seqviz.ui.shell.player import play
from seqviz.ui.shell.stage import controls
from seqviz.ui.shell.url import choose

BESIDE = {"nothing": "Nothing", "model": "Another network", "digit": "Another digit"}
EVERY = "all"


def watch(network: Network, digit: Digit, source: str, layer: int) -> None:
    """The player with every signal, and how the gates behave over the whole test set."""
    with controls():
        order = choose_order()
        beside = choose("Beside it", list(BESIDE), "beside", names=BESIDE.__getitem__, width=170)
        pairs = [(network, digit)]
        if beside == "model":
            pairs.append((choose_network("Network beside it", "model2"), digit))
        elif beside == "digit":
            pairs.append(
                (network, choose_digit(source if source != "draw" else "digits", "sample2", "Digit beside", 12))
            )
    timelines: list[Timeline] = []
    for one, read in pairs:
        seen = trace(one.model, read.image[None])
        at = min(layer, len(seen.layers) - 1)
        if one is not network or not timelines:
            units = unit_order(seen.layers[at].hidden[0], order)
        title = f"{CELL_NAMES[one.spec.encoder.cell]} reads {read.title}"
        say_overflow(title, seen)
        timelines.append(signals_timeline(one.spec, read.image, seen, at, units, title))
    timeline = timelines[0].beside(timelines[1]) if len(timelines) > 1 else timelines[0]
    _laboratory(timeline, network, digit.data, layer, alike=all(one is network for one, _ in pairs))
    if all(one.spec.encoder.cell == "lstm" for one, _ in pairs):
        st.caption(
            "A gate is a number between 0 and 1 for every unit and row. Forget gate: the share of the memory c that is "
            "kept. Input gate: the share of the candidate that is added. Output gate: the share of tanh c that shows."
        )
    convention(*(one for one, _ in pairs))


@st.fragment
def _laboratory(timeline: Timeline, network: Network, data: str, layer: int, *, alike: bool) -> None:
    """The player and the statistics: a click on a heatmap or a dot reruns only this part of the page.

    `alike`: every group shows this network, so that a unit is the same one in all of them.
    """
    with plain_errors():
        above = st.container()
        unit = choose_unit(network)
        with above:
            play(
                timeline,
                key="gates",
                pinned={"group": None if alike else 0, "layer": layer, "unit": unit},
                on_pin=lambda chosen: pin(chosen) if alike or chosen["group"] == 0 else None,
            )
        _statistics(network, data, layer, unit)


@st.cache_resource(show_spinner="Reading the test set …", max_entries=32)
def _found(name: str, version: int, data: str, layer: int, label: str, _network: Network) -> tuple[GateStatistics, ...]:
    test = caches.dataset(data).test
    if label != EVERY:
        member = test.targets == int(label)
        test = Batch(test.inputs[member], test.targets[member])
    return gate_statistics(_network.model, test, layer)


def _statistics(network: Network, data: str, layer: int, unit: int) -> None:
    st.header("Over the whole test set", anchor=False)
    labels = [EVERY, *(str(label) for label in range(10))]
    gates = GATES[network.spec.encoder.cell]
    if not gates:
        st.caption("A plain RNN has no gates: nothing decides what is kept. Choose a GRU or an LSTM to see some.")
        return
    with st.container(horizontal=True):
        gate = choose("Gate", gates, "gate", default=MEMORY_GATES[network.spec.encoder.cell], width=150)
        label = choose("Digits of class", labels, "class", width=150)
    found = _found(network.name, network.version, data, layer, label, network)
    chosen = next(one for one in found if one.gate == gate)
    about = (network.name, network.version, data, layer, label, gate, mode())
    digits = "all digits" if label == EVERY else f"every {label}"
    left, right = st.columns(2)
    with left:
        figure = caches.drawn(("distribution", *about), lambda: distribution_figure(chosen, mode(), digits))
        st.plotly_chart(figure, key="distribution", theme=None)
        figure = caches.drawn(("saturation", unit, *about), lambda: saturation_figure(found, mode(), unit, digits))
        st.plotly_chart(
            figure, key="saturation", theme=None, on_select=partial(_select, "saturation"), selection_mode="points"
        )
    with right:
        if label == EVERY:
            figure = caches.drawn(("by class", *about), lambda: class_figure(chosen, mode()))
            st.plotly_chart(figure, key="by class", theme=None)
        memory_gate = MEMORY_GATES[network.spec.encoder.cell]
        scale = next(one for one in found if one.gate == memory_gate).time_scale
        figure = caches.drawn(
            ("time scale", unit, *about), lambda: time_scale_figure(scale, memory_gate, mode(), unit, digits)
        )
        st.plotly_chart(
            figure, key="time scale", theme=None, on_select=partial(_select, "time scale"), selection_mode="points"
        )
    st.caption(
        "Saturation as in Karpathy, Johnson & Fei-Fei 2015 (arXiv 1506.02078). Time-scale: τ = −1 / ln(mean gate), the "
        "rows after which a stored value would have decayed to 1/e if the gate stayed at its mean."
    )


def _select(key: str) -> None:
    """A dot that is chosen pins its unit everywhere on the page."""
    points = st.session_state[key]["selection"]["points"]
    if points:
        number = points[0]["customdata"]
        unit = int(number[0] if isinstance(number, list) else number)
        pin({"unit": unit})
