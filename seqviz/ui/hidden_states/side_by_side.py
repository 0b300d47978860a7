"""Step by step: a network reads a digit or a text, alone or beside another, and one unit is followed."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray

from seqviz import snippets
from seqviz.data.examples import Example
from seqviz.errors import DataMissing, InputError
from seqviz.figures.units import unit_figure
from seqviz.instruments.arrays import reading_arrays, to_npz
from seqviz.instruments.order import UnitOrder
from seqviz.instruments.sequence_trace import SequenceTrace, trace_sequence
from seqviz.palette import CELL_NAMES
from seqviz.player.gif import to_gif
from seqviz.player.page import to_html
from seqviz.player.timeline import Timeline
from seqviz.snippets.subjects import Network
from seqviz.timelines.memory import memory_timeline
from seqviz.ui.shell import caches
from seqviz.ui.shell.choices import (
    BESIDE,
    choose_another,
    choose_any_network,
    choose_example,
    choose_network_beside,
    choose_order,
    notes_of_texts,
)
from seqviz.ui.shell.frame import code, mode, plain_errors, say_overflow
from seqviz.ui.shell.player import Pin, play
from seqviz.ui.shell.stage import View
from seqviz.ui.shell.url import assign, choose, whole


@dataclass(frozen=True)
class Look:
    """One network reading one example."""

    network: Network
    example: Example
    reading: SequenceTrace

    @property
    def title(self) -> str:
        return f"{CELL_NAMES[self.network.spec.encoder.cell]} reads {self.example.title}"


def _choose() -> list[Look]:
    network = choose_any_network("Network", "model")
    example = choose_example(network)
    order = choose_order()
    beside = choose("Beside it", list(BESIDE), "beside", names=BESIDE, width=170)
    looks = [_look(network, example, order)]
    if beside == "model":
        looks.append(_look(choose_network_beside(network, "Network beside it", "model2"), example, order))
    elif beside == "digit":
        second = choose_another(example, "sample2", "review2", "Example beside it")
        looks.append(_aligned(_look(network, second, order), looks[0]))
    return looks


def _look(network: Network, example: Example, order: UnitOrder) -> Look:
    """Let the network read the example. One of a single unit, or one that overflows, has no plane to draw a path in."""
    behind = None
    if network.spec.encoder.hidden_size > 1:
        with suppress(InputError, DataMissing):
            behind = caches.paths_behind(network.name, network.version, example.data, network)
    return Look(network, example, trace_sequence(network.model, example, behind, order))


def _aligned(second: Look, first: Look) -> Look:
    """The second look with its units in the first's order, so that rows correspond."""
    return replace(second, reading=replace(second.reading, orders=first.reading.orders))


def _show(looks: Sequence[Look]) -> None:
    for look in looks:
        say_overflow(look.title, look.reading.trace)
    readings = [look.reading for look in looks]
    longest = max(len(look.example) for look in looks)
    timeline, *others = [memory_timeline(look.reading, look.title, readings).held(longest) for look in looks]
    for other in others:
        timeline = timeline.beside(other)
    _player_and_unit(looks, timeline)
    st.header("Take it with you", anchor=False)
    _downloads(looks, timeline)
    code(
        snippets.hidden_states(looks[0].network, looks[0].example),
        "Plain PyTorch, run from SeqViz's folder: the same hidden states and the same probabilities as above.",
    )


@st.fragment
def _player_and_unit(looks: Sequence[Look], timeline: Timeline) -> None:
    """The player and one unit under it: a click on a heatmap reruns only this part of the page."""
    above = st.container()
    with plain_errors():
        pinned = _unit(looks)
        with above:
            play(timeline, key="memory", pinned=pinned, on_pin=_pin)
            st.caption("Space plays and pauses, the arrows step, Home and End jump, F fills the window.")


def _downloads(looks: Sequence[Look], timeline: Timeline) -> None:
    """The animation as a GIF and as a page, and the numbers of every network and example in it."""
    first = looks[0].example
    name = f"seqviz-{looks[0].network.name}-{f'own-{first.noun}' if first.index is None else first.index}"

    def numbers() -> bytes:
        arrays: dict[str, NDArray[np.float32]] = {}
        for number, one in enumerate(looks, start=1):
            prefix = f"reading{number}_" if len(looks) > 1 else ""
            arrays |= {prefix + key: array for key, array in reading_arrays(one.reading).items()}
        return to_npz(arrays)

    with st.container(horizontal=True):
        for label, content, file_name, mime in (
            ("GIF for slides", lambda: to_gif(timeline, mode()), f"{name}.gif", "image/gif"),
            ("Page that plays anywhere", lambda: to_html(timeline, looks[0].title), f"{name}.html", "text/html"),
            ("Numbers (NPZ)", numbers, f"{name}.npz", "application/octet-stream"),
        ):
            st.download_button(label, content, file_name, mime, on_click="ignore")


def _unit(looks: Sequence[Look]) -> Pin:
    """One unit, chosen by number here or by a click on a heatmap: its course, and each class's mean."""
    with st.container(horizontal=True):
        group = 0
        if len(looks) > 1:
            numbers = [str(number) for number in range(len(looks))]
            group = int(choose("Of", numbers, "of", names=lambda number: looks[int(number)].title, width=300))
        network, example, reading = looks[group].network, looks[group].example, looks[group].reading
        layers = {str(i): _layer_name(layer.layer, layer.direction) for i, layer in enumerate(reading.trace.layers)}
        layer = int(choose("In", list(layers), "layer", names=layers, width=170)) if len(layers) > 1 else 0
        last = network.spec.encoder.hidden_size - 1
        unit = whole("Unit", "unit", high=last, help="Or click a row of a heatmap.", width=150)
    try:
        averages = caches.profiles(network.name, network.version, example.data, network)[layer]
    except DataMissing:  # there is nothing to average over any more
        averages = torch.empty(0, len(example), last + 1)
    course = reading.trace.layers[layer].hidden[0, :, unit]
    figure = unit_figure(unit, course, averages[:, :, unit], network.spec.encoder.cell, example, mode())
    st.plotly_chart(figure, key="unit figure", theme=None, config={"displaylogo": False})
    return {"group": group, "layer": layer, "unit": unit}


def _layer_name(layer: int, direction: str) -> str:
    return f"layer {layer + 1}" + (", backward" if direction == "backward" else "")


def _pin(pin: Pin) -> None:
    assert pin["unit"] is not None
    assign("of", str(pin["group"]))
    assign("layer", str(pin["layer"]))
    assign("unit", pin["unit"])


VIEW = View(
    "rows",
    "Step by step",
    _choose,
    _show,
    notice=(
        "Reading forward, **h** after row *t* depends on row *t* and on **h** after row *t* − 1, and on nothing else.",
        "Some units answer the pen at once and fall back; others move once and then hold their value to the end.",
        "In the plane of the two main components, digits of a class tend to end near each other.",
    ),
    question="Draw a 9 and note the answer after each row; undo the stroke that closes it, so that it is a 4. "
    "At which row do the two readings part?",
    notes=notes_of_texts(
        lambda looks: looks[0].example,
        notice=(
            "Reading forward, **h** after word *t* depends on word *t* and on **h** after word *t* − 1, and on nothing "
            "else.",
            "After each word the network answers as if the text ended there, so the answer can turn more than once.",
        ),
        question="Type a sentence with a “not” in it, then take the “not” out. At which word do the two readings part?",
    ),
)
