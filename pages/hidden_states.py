"""Hidden states: what a network remembers after every row of a digit."""

import streamlit as st

from seqviz.figures import unit_figure
from seqviz.instruments import Reading, read, reading_arrays, to_npz
from seqviz.palette import CELL_NAMES
from seqviz.player import Timeline, memory_timeline, to_gif, to_html
from seqviz.ui import caches, snippets
from seqviz.ui.choices import Digit, choose_digit, choose_network, choose_source
from seqviz.ui.frame import closing, code, mode, opening, plain_errors
from seqviz.ui.player import player
from seqviz.ui.state import choose, from_link, to_link, whole

BESIDE = {"nothing": "Nothing", "model": "Another network", "digit": "Another digit"}
ORDERS = {"similarity": "by similarity", "peak": "by time of peak", "index": "by number"}


def reading_of(network: caches.Network, digit: Digit, order: str) -> Reading:
    behind = caches.paths_behind(network.name, network.version, digit.data, network.model)
    return read(network.model, digit.image, behind, order)


def unit_panel(network: caches.Network, digit: Digit, reading: Reading) -> int:
    """One unit of one layer, chosen by number here or by a click in the heatmap; its number."""
    with st.container(horizontal=True):
        unit = whole(
            "Unit", 0, network.spec.hidden_size - 1, 0, "unit", help="Or click a row of the heatmap.", width=150
        )
        count = len(reading.trace.layers)
        layer = whole("Layer", 1, count, count, "layer", width=150) - 1 if count > 1 else 0
    averages = caches.profiles(network.name, network.version, digit.data, network.model)[layer]
    course = reading.trace.layers[layer].hidden[0, :, unit]
    figure = unit_figure(unit, course, averages[:, :, unit], network.spec.cell, mode())
    st.plotly_chart(figure, key="unit figure", theme=None, config={"displaylogo": False})
    return unit


def downloads(timeline: Timeline, reading: Reading, name: str) -> None:
    with st.container(horizontal=True):
        st.download_button(
            "GIF for slides", lambda: to_gif(timeline, mode()), f"{name}.gif", "image/gif", on_click="ignore"
        )
        st.download_button(
            "Page that plays anywhere", lambda: to_html(timeline, name), f"{name}.html", "text/html", on_click="ignore"
        )
        st.download_button(
            "Numbers (NPZ)",
            lambda: to_npz(reading_arrays(reading)),
            f"{name}.npz",
            "application/octet-stream",
            on_click="ignore",
        )


def pin(unit: int | None) -> None:
    st.session_state["unit"] = unit or 0


@st.fragment
def laboratory(network: caches.Network, digit: Digit, reading: Reading, timeline: Timeline) -> None:
    """The player and the unit under it: a click reruns only this part of the page."""
    above = st.container()
    unit = unit_panel(network, digit, reading)
    start = from_link("step", 0, timeline.steps - 1)
    with above:
        player(
            timeline,
            key="memory",
            start=start,
            autoplay=start is None,
            pinned=unit,
            on_step=lambda step: to_link("step", step),
            on_pin=pin,
        )


opening(
    "Hidden states",
    "A network reads a digit row by row: you see what every unit of its memory holds after each row, and what the "
    "network would answer if it had to stop there.",
)
with plain_errors():
    with st.container(horizontal=True, vertical_alignment="bottom"):
        network = choose_network("Network", "model")
        source = choose_source()
        order = choose("Units in order", list(ORDERS), "order", names=ORDERS.__getitem__, width=170)
        beside = choose("Beside it", list(BESIDE), "beside", names=BESIDE.__getitem__, width=170)
        digit = choose_digit(source, "sample")
        other_network, other_digit = network, digit
        if beside == "model":
            other_network = choose_network("Network beside it", "model2", default="lstm")
        elif beside == "digit":
            other_digit = choose_digit(source if source != "draw" else "digits", "sample2", "Digit beside it", 12)

    reading = reading_of(network, digit, order)
    timeline = memory_timeline(reading, f"{CELL_NAMES[network.spec.cell]} reads {digit.title}")
    if beside != "nothing":
        other = reading_of(other_network, other_digit, order)
        title = f"{CELL_NAMES[other_network.spec.cell]} reads {other_digit.title}"
        timeline = timeline.beside(memory_timeline(other, title))
    laboratory(network, digit, reading, timeline)

    st.header("Take it with you", anchor=False)
    downloads(timeline, reading, f"seqviz-{network.name}")
    code(
        snippets.hidden_states(network, digit),
        "Plain PyTorch, run from the project's folder: the same hidden states and the same probabilities as above.",
    )
    closing(
        [
            "**h** after row *t* is a function of row *t* and of **h** after row *t* − 1, and of nothing else.",
            "Some units answer the pen at once and fall back; others move once and then hold their value to the end.",
            "In the plane of the two main components, digits of a class end in the same corner.",
        ],
        "Draw a 4 and a 9 that begin alike. At which row do their paths part?",
    )
