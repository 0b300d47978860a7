"""Read: one unit at one row, with every number in its equations."""

import streamlit as st

from seqviz.figures.diagram import cell_diagram
from seqviz.figures.equations import equations
from seqviz.instruments.order import unit_order
from seqviz.instruments.trace import Trace, trace
from seqviz.instruments.unit_equations import Contribution, GateSum, unit_equations
from seqviz.palette import CELL_NAMES
from seqviz.player.timeline import Timeline
from seqviz.snippets.subjects import Digit, Network
from seqviz.timelines.signals import signals_timeline
from seqviz.ui.gates.unit import choose_unit, convention, pin
from seqviz.ui.shell.frame import mode, plain_errors, say_overflow
from seqviz.ui.shell.player import player, seek
from seqviz.ui.shell.url import recalled_step, remember_step

MIDDLE = 13  # the row that the view opens at, counted from 0


def timeline_of(network: Network, digit: Digit, seen: Trace, layer: int, order: str, title: str) -> Timeline:
    units = unit_order(seen.layers[layer].hidden[0], order)  # type: ignore[arg-type]
    return signals_timeline(network.spec, digit.image, seen, layer, units, title)


def read(network: Network, digit: Digit, source: str, layer: int) -> None:
    """One unit at one row, with every number in its equations."""
    convention(network)
    seen = trace(network.model, digit.image[None])
    title = f"{CELL_NAMES[network.spec.encoder.cell]} reads {digit.title}"
    say_overflow(title, seen)
    timeline = timeline_of(network, digit, seen, layer, "similarity", title)
    _unit_at_a_row(network, digit, seen, timeline, layer)


@st.fragment
def _unit_at_a_row(network: Network, digit: Digit, seen: Trace, timeline: Timeline, layer: int) -> None:
    with plain_errors():
        with st.container(horizontal=True, gap="medium"):
            unit = choose_unit(network)
            st.session_state["row"] = _step(timeline.steps) + 1
            row = st.slider(
                "Row", 1, timeline.steps, key="row", help="Or step the player below.", width=400, on_change=_row_moved
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
