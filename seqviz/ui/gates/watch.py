"""Watch: every signal of a layer at every row, and how the gates behave over the whole test set."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from seqviz import snippets
from seqviz.data.batch import Batch
from seqviz.figures.gates import class_figure, distribution_figure, saturation_figure, time_scale_figure
from seqviz.instruments.arrays import reading_arrays, to_npz
from seqviz.instruments.gates import GateStatistics, gate_statistics
from seqviz.instruments.order import UnitOrder, unit_order
from seqviz.instruments.sequence_trace import trace_sequence
from seqviz.instruments.trace import trace
from seqviz.palette import CELL_NAMES
from seqviz.player.timeline import Timeline
from seqviz.snippets.subjects import Digit, Network
from seqviz.specs import GATES, MEMORY_GATES
from seqviz.timelines.signals import signals_timeline
from seqviz.ui.gates.read import MIDDLE
from seqviz.ui.gates.subject import Subject, choose_subject, choose_unit, convention, pin
from seqviz.ui.shell import caches
from seqviz.ui.shell.choices import BESIDE, choose_digit, choose_network, choose_order
from seqviz.ui.shell.frame import code, mode, plain_errors, say_overflow
from seqviz.ui.shell.player import play
from seqviz.ui.shell.stage import View
from seqviz.ui.shell.url import choose, recalled_step

EVERY = "all"


@dataclass(frozen=True)
class Watched:
    """The subject, what reads beside it, and the order of the units."""

    subject: Subject
    beside: Sequence[tuple[Network, Digit]]
    order: UnitOrder


def _choose() -> Watched:
    subject = choose_subject()
    order = choose_order()
    beside = choose("Beside it", list(BESIDE), "beside", names=BESIDE, width=170)
    if beside == "model":
        return Watched(subject, [(choose_network("Network beside it", "model2"), subject.digit)], order)
    if beside == "digit":
        source = subject.source if subject.source != "draw" else "digits"
        return Watched(subject, [(subject.network, choose_digit(source, "sample2", "Example beside"))], order)
    return Watched(subject, [], order)


def _watch(watched: Watched) -> None:
    """The player with every signal, and how the gates behave over the whole test set."""
    subject, order = watched.subject, watched.order
    network, digit, layer = subject.network, subject.digit, subject.layer
    pairs = [(network, digit), *watched.beside]
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
    _laboratory(timeline, subject, alike=all(one is network for one, _ in pairs))
    if all(one.spec.encoder.cell == "lstm" for one, _ in pairs):
        st.caption(
            "A gate is a number between 0 and 1 for every unit and row. Forget gate: the share of the memory c that is "
            "kept. Input gate: the share of the candidate that is added. Output gate: the share of tanh c that shows."
        )
    convention(*(one for one, _ in pairs))


@st.fragment
def _laboratory(timeline: Timeline, subject: Subject, *, alike: bool) -> None:
    """The player, the statistics and the code: a click on a heatmap or a dot reruns only this part of the page.

    `alike`: every group shows this network, so that a unit is the same one in all of them.
    """
    with plain_errors():
        network, digit, layer = subject.network, subject.digit, subject.layer
        above = st.container()
        unit = choose_unit(network)
        with above:
            play(
                timeline,
                key="gates",
                pinned={"group": None if alike else 0, "layer": layer, "unit": unit},
                on_pin=lambda chosen: pin(chosen) if alike or chosen["group"] == 0 else None,
            )
        _statistics(network, digit.data, layer, unit)
        st.download_button(
            "Numbers (NPZ)",
            lambda: to_npz(reading_arrays(trace_sequence(network.model, digit.image))),
            f"seqviz-gates-{network.name}.npz",
            on_click="ignore",
        )
        step = recalled_step(len(digit.image))
        code(
            snippets.gates(network, digit, subject.unit, MIDDLE if step is None else step),
            "Plain PyTorch: every gate and state of the first layer, from its weights.",
        )


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


VIEW = View(
    "watch",
    "Watch",
    _choose,
    _watch,
    notice=(
        "A forget gate near 1 and an input gate near 0 mean: nothing new, keep what is there.",
        "Few units are always open or always closed; most gates follow the ink.",
    ),
    question="Which gate changes most where the ink begins, and which where it ends?",
)
