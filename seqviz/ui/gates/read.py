"""Read: one unit at one row, with every number in its equations."""

from dataclasses import dataclass
from functools import cached_property

import streamlit as st

from seqviz import snippets
from seqviz.figures.diagram import cell_diagram
from seqviz.figures.equations import equations
from seqviz.instruments.arrays import reading_arrays, to_npz
from seqviz.instruments.order import unit_order
from seqviz.instruments.sequence_trace import trace_sequence
from seqviz.instruments.trace import Trace, trace
from seqviz.instruments.unit_equations import Contribution, GateSum, UnitEquations, unit_equations
from seqviz.palette import CELL_NAMES
from seqviz.specs import MEMORY_GATES
from seqviz.timelines.signals import signals_timeline
from seqviz.ui.gates.subject import Subject, choose_subject, choose_unit, convention, pin
from seqviz.ui.shell.frame import code, mode, say_overflow
from seqviz.ui.shell.player import player, seek
from seqviz.ui.shell.stage import View
from seqviz.ui.shell.url import recalled_step, remember_step

MIDDLE = 13  # the row that the view opens at, counted from 0


@dataclass(frozen=True)
class Moment:
    """One unit of the subject's layer at one step."""

    subject: Subject
    step: int
    unit: int

    @cached_property
    def trace(self) -> Trace:
        return trace(self.subject.network.model, self.subject.digit.image[None])

    @cached_property
    def equations(self) -> UnitEquations:
        subject = self.subject
        return unit_equations(
            subject.network.model,
            subject.digit.image[None],
            self.trace,
            layer=subject.layer,
            step=self.step,
            unit=self.unit,
        )


def _choose() -> Moment:
    subject = choose_subject()
    unit, rows = choose_unit(subject.network), len(subject.digit.image)
    asked = recalled_step(rows)
    st.session_state["row"] = min(MIDDLE, rows - 1) + 1 if asked is None else asked + 1
    row = st.slider("Row", 1, rows, key="row", help="Or step the player below.", on_change=_row_moved)
    return Moment(subject, row - 1, unit)


def _result(moment: Moment) -> str:
    """How much of the memory the unit keeps at this row, and what it holds before and after."""
    found = moment.equations
    memory, before, after = "hidden state", found.hidden_before, found.hidden
    if found.cell_before is not None and found.cell_state is not None:
        memory, before, after = "cell state", found.cell_before, found.cell_state
    changes = f"its {memory} goes from {before:+.2f} to **{after:+.2f}**"
    where = f"Unit {moment.unit}, row {moment.step + 1}"
    if found.cell == "rnn":
        return f"{where}: {changes}; a plain RNN has no gate that could keep it."
    gate = MEMORY_GATES[found.cell]
    value = next(part.value for part in found.sums if part.gate == gate)
    share = f"{value:.0%}" if 0.01 <= value <= 0.99 else f"{value:.1%}"
    return f"{where}: the {gate} gate keeps **{share}** of the memory; {changes}."


def _read(moment: Moment) -> None:
    """The cell as a diagram, its equations with numbers, what is behind each sum, and all units to choose from."""
    subject, seen = moment.subject, moment.trace
    network, digit, layer = subject.network, subject.digit, subject.layer
    title = f"{CELL_NAMES[network.spec.encoder.cell]} reads {digit.title}"
    say_overflow(title, seen)
    st.html(cell_diagram(moment.equations, mode()))
    for line in equations(moment.equations):
        st.latex(line)
    convention(network)
    _largest(moment.equations.sums, layer)
    units = unit_order(seen.layers[layer].hidden[0], "similarity")
    player(
        signals_timeline(network.spec, digit.image, seen, layer, units, title),
        key="microscope",
        start=moment.step,
        pinned={"group": 0, "layer": layer, "unit": moment.unit},
        on_step=remember_step,
        on_pin=pin,
    )
    st.download_button(
        "Numbers (NPZ)",
        lambda: to_npz(reading_arrays(trace_sequence(network.model, digit.image))),
        f"seqviz-gates-{network.name}.npz",
        on_click="ignore",
    )
    code(
        snippets.gates(network, digit, moment.unit, moment.step),
        "Plain PyTorch: every gate and state of the first layer, from its weights.",
    )


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


VIEW = View(
    "read",
    "Read",
    _choose,
    _read,
    result=_result,
    notice=(
        "W_hh h outweighs W_ih x in six (LSTM) to eight (GRU, RNN) of ten sums: memory decides more than the row.",
        "A gate near 0 or 1 sits on the flat part of σ: a large change of its sum hardly moves it.",
    ),
    question="Step to a blank row. Which terms are left of the sum, and what do they do to the state?",
)
