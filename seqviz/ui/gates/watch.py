"""Watch: every signal of a layer at every step, and how the gates behave over the whole test set."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import streamlit as st

from seqviz import snippets
from seqviz.figures.gates import class_figure, distribution_figure, saturation_figure, time_scale_figure
from seqviz.instruments.arrays import reading_arrays, to_npz
from seqviz.instruments.gates import GateStatistics, gate_statistics
from seqviz.instruments.order import UnitOrder, unit_order
from seqviz.instruments.sequence_trace import trace_sequence
from seqviz.instruments.trace import trace
from seqviz.networks.answers import class_count
from seqviz.player.timeline import Timeline
from seqviz.snippets.subjects import Network
from seqviz.specs import GATES, MEMORY_GATES
from seqviz.timelines.signals import signals_timeline
from seqviz.ui.gates.read import middle
from seqviz.ui.gates.subject import Subject, choose_subject, choose_unit, convention, pin
from seqviz.ui.shell import caches
from seqviz.ui.shell.choices import BESIDE, choose_another, choose_network_beside, choose_order, notes_of_texts
from seqviz.ui.shell.frame import code, mode, plain_errors, say_overflow
from seqviz.ui.shell.player import play
from seqviz.ui.shell.stage import View
from seqviz.ui.shell.url import choose, recalled_step

EVERY = "all"


@dataclass(frozen=True)
class Watched:
    """The subject, what reads beside it, and the order of the units."""

    subject: Subject
    beside: Sequence[Subject]
    order: UnitOrder


def _choose() -> Watched:
    subject = choose_subject()
    order = choose_order()
    beside = choose("Beside it", list(BESIDE), "beside", names=BESIDE, width=170)
    if beside == "model":
        other = choose_network_beside(subject.network, "Network beside it", "model2", default="gru")
        return Watched(subject, [replace(subject, network=other)], order)
    if beside == "digit":
        example = choose_another(subject.example, "sample2", "review2", "Example beside")
        return Watched(subject, [replace(subject, example=example)], order)
    return Watched(subject, [], order)


def _watch(watched: Watched) -> None:
    """The player with every signal, and how the gates behave over the whole test set."""
    subject, order = watched.subject, watched.order
    shown = [subject, *watched.beside]
    longest = max(len(one.example) for one in shown)
    timelines: list[Timeline] = []
    for one in shown:
        seen = trace(one.network.model, one.inputs)
        at = min(one.layer, len(seen.layers) - 1)
        if one.network is not subject.network or not timelines:
            units = unit_order(seen.layers[at].hidden[0], order)
        say_overflow(one.title, seen)
        timelines.append(signals_timeline(one.network.spec, one.example, seen, at, units, one.title).held(longest))
    timeline = timelines[0].beside(timelines[1]) if len(timelines) > 1 else timelines[0]
    _laboratory(timeline, subject, alike=all(one.network is subject.network for one in shown))
    if all(one.network.spec.encoder.cell == "lstm" for one in shown):
        st.caption(
            f"A gate is a number between 0 and 1 for every unit and {subject.example.step_name}. Forget gate: the "
            "share of the memory c that is kept. Input gate: the share of the candidate that is added. Output gate: "
            "the share of tanh c that shows."
        )
    convention(*(one.network for one in shown))


@st.fragment
def _laboratory(timeline: Timeline, subject: Subject, *, alike: bool) -> None:
    """The player, the statistics and the code: a click on a heatmap or a dot reruns only this part of the page.

    `alike`: every group shows this network, so that a unit is the same one in all of them.
    """
    with plain_errors():
        network, example, layer = subject.network, subject.example, subject.layer
        above = st.container()
        unit = choose_unit(network)
        with above:
            play(
                timeline,
                key="gates",
                pinned={"group": None if alike else 0, "layer": layer, "unit": unit},
                on_pin=lambda chosen: pin(chosen) if alike or chosen["group"] == 0 else None,
            )
        with plain_errors():
            _statistics(subject, unit)
        st.download_button(
            "Numbers (NPZ)",
            lambda: to_npz(reading_arrays(trace_sequence(network.model, example))),
            f"seqviz-gates-{network.name}.npz",
            on_click="ignore",
        )
        step = recalled_step(len(example))
        code(
            snippets.gates(network, example, subject.unit, middle(example) if step is None else step),
            "Plain PyTorch: every gate and state of the first layer, from its weights.",
        )


@st.cache_resource(show_spinner="Reading the test set …", max_entries=32)
def _found(name: str, version: int, data: str, layer: int, label: str, _network: Network) -> tuple[GateStatistics, ...]:
    test = caches.test_split(_network, data)
    if label != EVERY:
        test = test[(test.targets == int(label)).nonzero()[:, 0]]
    return gate_statistics(_network.model, test, layer, class_count(_network.spec.head.outputs))


def _statistics(subject: Subject, unit: int) -> None:
    network, example, layer = subject.network, subject.example, subject.layer
    data, classes = example.data, example.classes
    st.header("Over the whole test set", anchor=False)
    names = {EVERY: EVERY} | {str(label): name for label, name in enumerate(classes)}
    gates = GATES[network.spec.encoder.cell]
    if not gates:
        st.caption("A plain RNN has no gates: nothing decides what is kept. Choose a GRU or an LSTM to see some.")
        return
    with st.container(horizontal=True):
        gate = choose("Gate", gates, "gate", default=MEMORY_GATES[network.spec.encoder.cell], width=150)
        label = choose(f"{example.noun.capitalize()}s of class", list(names), "class", names=names, width=150)
    found = _found(network.name, network.version, data, layer, label, network)
    chosen = next(one for one in found if one.gate == gate)
    about = (network.name, network.version, data, layer, label, gate, mode())
    examples = f"all {example.noun}s" if label == EVERY else f"every {names[label]}"
    if example.noun == "text" and label != EVERY:
        examples = f"{names[label]} texts"
    step = example.step_name
    left, right = st.columns(2)
    with left:
        figure = caches.drawn(("distribution", *about), lambda: distribution_figure(chosen, mode(), examples, step))
        st.plotly_chart(figure, key="distribution", theme=None)
        figure = caches.drawn(("saturation", unit, *about), lambda: saturation_figure(found, mode(), unit, examples))
        st.plotly_chart(
            figure, key="saturation", theme=None, on_select=partial(_select, "saturation"), selection_mode="points"
        )
    with right:
        if label == EVERY:
            figure = caches.drawn(("by class", *about), lambda: class_figure(chosen, mode(), classes, step))
            st.plotly_chart(figure, key="by class", theme=None)
        memory_gate = MEMORY_GATES[network.spec.encoder.cell]
        scale = next(one for one in found if one.gate == memory_gate).time_scale
        figure = caches.drawn(
            ("time scale", unit, *about), lambda: time_scale_figure(scale, memory_gate, mode(), unit, examples, step)
        )
        st.plotly_chart(
            figure, key="time scale", theme=None, on_select=partial(_select, "time scale"), selection_mode="points"
        )
    st.caption(
        "Saturation as in Karpathy, Johnson & Fei-Fei 2015 (arXiv 1506.02078). Time-scale: τ = −1 / ln(mean gate), the "
        f"{step}s after which a stored value would have decayed to 1/e if the gate stayed at its mean."
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
    notes=notes_of_texts(
        lambda watched: watched.subject.example,
        notice=(
            "A forget gate near 1 and an input gate near 0 mean: nothing new, keep what is there.",
            "Gates open and close from one word to the next: compare a word that decides with a comma.",
        ),
        question="Which gate changes most at “not”, and which at the adjective that follows?",
    ),
)
