"""Read: one unit at one step, with every number in its equations."""

from dataclasses import dataclass
from functools import cached_property

import streamlit as st

from seqviz import snippets
from seqviz.data.examples import Digit, Example, Sentence
from seqviz.figures.diagram import cell_diagram
from seqviz.figures.equations import equations
from seqviz.instruments.arrays import reading_arrays, to_npz
from seqviz.instruments.order import unit_order
from seqviz.instruments.sequence_trace import trace_sequence
from seqviz.instruments.trace import Trace, trace
from seqviz.instruments.unit_equations import Contribution, GateSum, UnitEquations, unit_equations
from seqviz.specs import MEMORY_GATES
from seqviz.timelines.signals import signals_timeline
from seqviz.ui.gates.subject import Subject, choose_subject, choose_unit, convention, pin
from seqviz.ui.shell.choices import notes_of_texts
from seqviz.ui.shell.frame import code, mode, say_overflow, verbatim
from seqviz.ui.shell.player import player, seek
from seqviz.ui.shell.stage import View
from seqviz.ui.shell.url import recalled_step, remember_step

READS: dict[type[Example], str] = {Digit: "pixel", Sentence: "entry of the vector"}
MIDDLE = 13  # the step that the view opens at, counted from 0; of a shorter example its middle


@dataclass(frozen=True)
class Moment:
    """One unit of the subject's layer at one step."""

    subject: Subject
    step: int
    unit: int

    @cached_property
    def trace(self) -> Trace:
        return trace(self.subject.network.model, self.subject.inputs)

    @cached_property
    def equations(self) -> UnitEquations:
        subject = self.subject
        return unit_equations(
            subject.network.model,
            subject.inputs,
            self.trace,
            layer=subject.layer,
            step=self.step,
            unit=self.unit,
        )


def _choose() -> Moment:
    subject = choose_subject()
    unit, steps = choose_unit(subject.network), len(subject.example)
    asked = recalled_step(steps)
    at = middle(subject.example) if asked is None else asked
    if steps == 1:
        return Moment(subject, 0, unit)
    st.session_state["row"] = at + 1
    name = subject.example.step_name.capitalize()
    row = st.slider(name, 1, steps, key="row", help="Or step the player below.", on_change=_row_moved)
    return Moment(subject, row - 1, unit)


def middle(example: Example) -> int:
    """The step that the view opens at."""
    return MIDDLE if len(example) > MIDDLE + 1 else (len(example) - 1) // 2


def _result(moment: Moment) -> str:
    """How much of the memory the unit keeps at this step, and what it holds before and after."""
    found = moment.equations
    memory, before, after = "hidden state", found.hidden_before, found.hidden
    if found.cell_before is not None and found.cell_state is not None:
        memory, before, after = "cell state", found.cell_before, found.cell_state
    changes = f"its {memory} goes from {before:+.2f} to **{after:+.2f}**"
    where = f"Unit {moment.unit}, {verbatim(moment.subject.example.step(moment.step))}"
    if found.cell == "rnn":
        return f"{where}: {changes}; a plain RNN has no gate that could keep it."
    gate = MEMORY_GATES[found.cell]
    value = next(part.value for part in found.sums if part.gate == gate)
    share = f"{value:.0%}" if 0.01 <= value <= 0.99 else f"{value:.1%}"
    return f"{where}: the {gate} gate keeps **{share}** of the memory; {changes}."


def _read(moment: Moment) -> None:
    """The cell as a diagram, its equations with numbers, what is behind each sum, and all units to choose from."""
    subject, seen = moment.subject, moment.trace
    network, example, layer = subject.network, subject.example, subject.layer
    say_overflow(subject.title, seen)
    st.html(cell_diagram(moment.equations, mode(), example.step_name))
    for line in equations(moment.equations):
        st.latex(line)
    convention(network)
    _largest(moment.equations.sums, READS[type(example)] if moment.equations.reads_input else "unit below")
    units = unit_order(seen.layers[layer].hidden[0], "similarity")
    player(
        signals_timeline(network.spec, example, seen, layer, units, subject.title),
        key="microscope",
        start=moment.step,
        pinned={"group": 0, "layer": layer, "unit": moment.unit},
        on_step=remember_step,
        on_pin=pin,
    )
    st.download_button(
        "Numbers (NPZ)",
        lambda: to_npz(reading_arrays(trace_sequence(network.model, example))),
        f"seqviz-gates-{network.name}.npz",
        on_click="ignore",
    )
    code(
        snippets.gates(network, example, moment.unit, moment.step),
        "Plain PyTorch: every gate and state of the first layer, from its weights.",
    )


def _row_moved() -> None:
    step = st.session_state["row"] - 1
    remember_step(step)
    seek("microscope", step)


def _largest(sums: tuple[GateSum, ...], reads: str) -> None:
    """The five largest terms of each gate's two sums, with weight and value."""
    for part in sums:
        with st.expander(f"{part.gate.capitalize()}: the largest contributions"):
            left, right = st.columns(2)
            left.dataframe(_rows(part.inputs, reads, 1 if reads == READS[Digit] else 0))
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
    notes=notes_of_texts(
        lambda moment: moment.subject.example,
        notice=(
            "A word has the same vector x wherever it stands, so its W_ih x is the same; only W_hh h knows what came "
            "before.",
            "A gate near 0 or 1 sits on the flat part of σ: a large change of its sum hardly moves it.",
        ),
        question="Step to “not”. Which of the two sums is larger, that of the word or that of the memory?",
    ),
)
