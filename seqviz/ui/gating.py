"""The Gates page's first two views: watch every signal, and read one unit at one row."""

from functools import partial

import streamlit as st

from seqviz.data.batch import Batch
from seqviz.figures.diagram import cell_diagram
from seqviz.figures.equations import equations
from seqviz.figures.gates import class_figure, distribution_figure, saturation_figure, time_scale_figure
from seqviz.instruments.gates import MEMORY_GATES, GateStatistics, gate_statistics
from seqviz.instruments.order import unit_order
from seqviz.instruments.trace import Trace, trace
from seqviz.instruments.unit_equations import Contribution, GateSum, unit_equations
from seqviz.palette import CELL_NAMES
from seqviz.player.timeline import Timeline
from seqviz.specs import GATES
from seqviz.timelines.signals import signals_timeline
from seqviz.ui import caches
from seqviz.ui.choices import Digit, choose_digit, choose_network
from seqviz.ui.frame import mode, plain_errors
from seqviz.ui.looking import choose_order, say_overflow
from seqviz.ui.player import Pin, player, seek
from seqviz.ui.state import assign, choose, recalled_step, remember, remember_step, whole

BESIDE = {"nothing": "Nothing", "model": "Another network", "digit": "Another digit"}
EVERY = "all"
MIDDLE = 13
GRU_CONVENTION = "PyTorch's convention: an update gate z near 1 keeps the memory. Some books write the opposite."


def timeline_of(network: caches.Network, digit: Digit, seen: Trace, layer: int, order: str, title: str) -> Timeline:
    units = unit_order(seen.layers[layer].hidden[0], order)  # type: ignore[arg-type]
    return signals_timeline(network.spec, digit.image, seen, layer, units, title)


def watch(network: caches.Network, digit: Digit, source: str, layer: int) -> None:
    """The player with every signal, and how the gates behave over the whole test set."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        order = choose_order()
        beside = choose("Beside it", list(BESIDE), "beside", names=BESIDE.__getitem__, width=170)
        pairs = [(network, digit)]
        if beside == "model":
            pairs.append((choose_network("Network beside it", "model2"), digit))
        elif beside == "digit":
            pairs.append(
                (network, choose_digit(source if source != "draw" else "digits", "sample2", "Digit beside", 12))
            )
    if all(one.spec.encoder.cell == "lstm" for one, _ in pairs):
        st.caption(
            "A gate is a number between 0 and 1 for every unit and row. Forget gate: the share of the memory c that is "
            "kept. Input gate: the share of the candidate that is added. Output gate: the share of tanh c that shows."
        )
    convention(*(one for one, _ in pairs))
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


def convention(*networks: caches.Network) -> None:
    """Which way round PyTorch's update gate is, where a GRU is on screen."""
    if any(network.spec.encoder.cell == "gru" for network in networks):
        st.caption(GRU_CONVENTION)


@st.fragment
def _laboratory(timeline: Timeline, network: caches.Network, data: str, layer: int, *, alike: bool) -> None:
    """The player and the statistics: a click on a heatmap or a dot reruns only this part of the page.

    `alike`: every group shows this network, so that a unit is the same one in all of them.
    """
    with plain_errors():
        unit = choose_unit(network)
        start = recalled_step(timeline.steps)
        player(
            timeline,
            key="gates",
            start=start,
            autoplay=start is None,
            pinned={"group": None if alike else 0, "layer": layer, "unit": unit},
            on_step=remember_step,
            on_pin=lambda chosen: pin(chosen) if alike or chosen["group"] == 0 else None,
        )
        _statistics(network, data, layer, unit)


def choose_unit(network: caches.Network) -> int:
    last = network.spec.encoder.hidden_size - 1
    return whole("Unit", 0, last, 0, "unit", help="Or click a heatmap or a dot.", width=420, slider=True)


def pin(chosen: Pin) -> None:
    """A unit that was clicked is the page's unit, whether or not a slider shows it."""
    assert chosen["unit"] is not None
    assign("unit", chosen["unit"])
    remember("unit", chosen["unit"])


@st.cache_resource(show_spinner="Reading the test set …", max_entries=32)
def _found(
    name: str, version: int, data: str, layer: int, label: str, _network: caches.Network
) -> tuple[GateStatistics, ...]:
    test = caches.dataset(data).test
    if label != EVERY:
        member = test.targets == int(label)
        test = Batch(test.inputs[member], test.targets[member])
    return gate_statistics(_network.model, test, layer)


def _statistics(network: caches.Network, data: str, layer: int, unit: int) -> None:
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


def read(network: caches.Network, digit: Digit, source: str, layer: int) -> None:
    """One unit at one row, with every number in its equations."""
    convention(network)
    seen = trace(network.model, digit.image[None])
    title = f"{CELL_NAMES[network.spec.encoder.cell]} reads {digit.title}"
    say_overflow(title, seen)
    timeline = timeline_of(network, digit, seen, layer, "similarity", title)
    _unit_at_a_row(network, digit, seen, timeline, layer)


@st.fragment
def _unit_at_a_row(network: caches.Network, digit: Digit, seen: Trace, timeline: Timeline, layer: int) -> None:
    with plain_errors():
        with st.container(horizontal=True, gap="large"):
            unit = choose_unit(network)
            st.session_state["row"] = _step(timeline.steps) + 1
            row = st.slider(
                "Row", 1, timeline.steps, key="row", help="Or step the player below.", width=420, on_change=_row_moved
            )
        moment = unit_equations(network.model, digit.image[None], seen, layer=layer, step=row - 1, unit=unit)
        st.html(cell_diagram(moment, mode()))
        for line in equations(moment):
            st.latex(line)
        _largest(moment.sums, layer)
        player(
            timeline,
            key="microscope",
            start=row - 1,
            pinned={"group": 0, "layer": layer, "unit": unit},
            on_step=remember_step,
            on_pin=pin,
        )


def _step(steps: int) -> int:
    step = recalled_step(steps)
    return min(MIDDLE, steps - 1) if step is None else step


def _row_moved() -> None:
    step = st.session_state["row"] - 1
    remember_step(step)
    seek("microscope", step)


def _largest(sums: tuple[GateSum, ...], layer: int) -> None:
    """The five largest terms of each gate's two sums, with weight and value."""
    for part in sums:
        with st.expander(f"{part.gate.capitalize()}: the largest contributions"):
            left, right = st.columns(2)
            left.dataframe(_rows(part.inputs, "pixel" if layer == 0 else "unit below", 1 if layer == 0 else 0))
            right.dataframe(_rows(part.hiddens, "unit", 0))


def _rows(terms: tuple[Contribution, ...], name: str, first: int) -> dict[str, list[float]]:
    return {
        name: [term.index + first for term in terms],
        "weight": [round(term.weight, 4) for term in terms],
        "value": [round(term.value, 4) for term in terms],
        "weight × value": [round(term.product, 4) for term in terms],
    }
