"""Simulate: a single unit whose gates and weights are set by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd
import streamlit as st

from seqviz import snippets
from seqviz.errors import InputError
from seqviz.figures.simulated_unit import simulated_unit_figure
from seqviz.instruments.simulated_unit import Weights, simulate_unit, single_unit
from seqviz.palette import CELL_NAMES
from seqviz.specs import CELLS, Cell
from seqviz.ui.gates.subject import GRU_CONVENTION
from seqviz.ui.shell.frame import code, mode
from seqviz.ui.shell.stage import View
from seqviz.ui.shell.url import choose, pick, slide, text

PULSE = "1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0"
BITS = "0 0 1 0 0 0 0 -1 0 0 0 0 0 1 0 0 0 0 -1 0"
STEADY = "0.2 " * 19 + "0.2"
HELD: dict[Cell, tuple[str, ...]] = {"rnn": (), "gru": ("reset", "update"), "lstm": ("input", "forget", "output")}
BY_INPUT = {"on at input": (20.0, 0.0, -10.0), "off on input": (-20.0, 0.0, 10.0)}
"""Gates that follow a pulse of 1 through their own weights: input, memory, bias."""


@dataclass(frozen=True)
class Preset:
    """An input, a level for each gate, and the candidate's weights of input and memory; `own` are one cell's."""

    name: str
    inputs: str
    levels: Mapping[str, str]
    weights: tuple[str, str] = ("1", "0")
    own: Mapping[Cell, tuple[str, str]] = field(default_factory=dict)

    def wires(self, cell: Cell) -> tuple[str, str]:
        return self.own.get(cell, self.weights)


OPEN = {"input": "1", "forget": "1", "output": "1", "reset": "1", "update": "0"}
PRESETS = {
    "remember": Preset(
        "Remember for ever",
        PULSE,
        OPEN | {"input": "on at input", "update": "off on input"},
        own={"rnn": ("2", "2")},
    ),
    "forget": Preset("Forget at once", PULSE, OPEN | {"forget": "0"}),
    "latch": Preset("Latch a bit", BITS, OPEN | {"forget": "0"}, ("4", "2")),
    "integrate": Preset("Integrate", STEADY, OPEN | {"update": "0.9"}, own={"rnn": ("0.5", "1"), "gru": ("1", "1")}),
    "oscillate": Preset("Oscillate", PULSE, OPEN | {"forget": "0"}, ("2", "-4")),
}


@dataclass(frozen=True)
class Unit:
    """A cell with one unit: its input, the level of each gate, and the candidate's weights of input and memory."""

    cell: Cell
    inputs: Sequence[float]
    levels: Mapping[str, str]
    of_input: float
    of_memory: float

    @cached_property
    def courses(self) -> dict[str, list[float]]:
        """Every signal, step by step."""
        weights, held = wiring(self.cell, self.levels, self.of_input, self.of_memory)
        return simulate_unit(single_unit(self.cell, weights), self.inputs, held)


def _choose() -> Unit:
    """A cell and a preset; then the gates, the weights and the input, each free to be changed."""
    cell = pick("Cell", CELLS, "simulated", names=CELL_NAMES, resets=_SETTINGS)
    name = choose("Preset", list(PRESETS), "preset", names=lambda name: PRESETS[name].name, resets=_SETTINGS)
    preset = PRESETS[name]
    of_input, of_memory = preset.wires(cell)
    levels = {
        gate: slide(f"{gate.capitalize()} gate", f"held-{gate}", default=preset.levels[gate], width=190)
        for gate in HELD[cell]
    }
    weight = float(slide("Weight of input", "wx", default=of_input, width=190))
    memory = float(slide("Weight of memory", "wh", default=of_memory, width=190))
    return Unit(cell, _numbers(text("Input, one number a step", "inputs", preset.inputs)), levels, weight, memory)


def _result(unit: Unit) -> str:
    """What the memory held at most, and what is left of it."""
    name = "cell" if unit.cell == "lstm" else "hidden"
    memory = unit.courses[name]
    end, steps = memory[-1], len(memory)
    step, peak = max(enumerate(memory, start=1), key=lambda one: abs(one[1]))
    if abs(end) < 0.005:
        end = 0.0  # and not −0.00
    if abs(peak) < 0.005:
        return f"The {name} state stays at **0**: nothing gets in."
    turned = end * peak < 0
    left = ", with the sign turned round" if turned else f": **{abs(end / peak):.0%}** is left"
    return f"The {name} state was largest after step {step}, {peak:+.2f}; after step {steps} it is {end:+.2f}{left}."


def _simulate(unit: Unit) -> None:
    """The course of every signal as curves."""
    figure = simulated_unit_figure({"input x": unit.inputs, **unit.courses}, mode())
    st.plotly_chart(figure, key="simulated figure", theme=None)
    if unit.cell == "gru":
        st.caption(GRU_CONVENTION)
    numbers = pd.DataFrame({"step": range(1, len(unit.inputs) + 1), "input x": unit.inputs, **unit.courses})
    st.download_button("Numbers (CSV)", lambda: numbers.to_csv(index=False), "seqviz-unit.csv", on_click="ignore")
    weights, held = wiring(unit.cell, unit.levels, unit.of_input, unit.of_memory)
    program = snippets.simulated_unit(unit.cell, unit.inputs, weights, held)
    code(program, "The same unit through `seqviz`'s one unrolling.")


def wiring(
    cell: Cell, levels: Mapping[str, str], of_input: float, of_memory: float
) -> tuple[Weights, dict[str, float]]:
    """The unit's weights by gate, and the gates that are held."""
    candidate = {"rnn": "hidden", "gru": "new", "lstm": "candidate"}[cell]
    weights: Weights = {gate: BY_INPUT[level] for gate, level in levels.items() if level in BY_INPUT}
    held = {gate: float(level) for gate, level in levels.items() if level not in BY_INPUT}
    return {**weights, candidate: (of_input, of_memory, 0.0)}, held


_SETTINGS = ("inputs", "wx", "wh", "held-input", "held-forget", "held-output", "held-reset", "held-update")


def _numbers(typed: str) -> list[float]:
    parts = typed.replace(",", " ").split()
    if not 1 <= len(parts) <= 60:
        raise InputError(f"The input has {len(parts)} numbers; type 1 to 60, separated by spaces.")
    numbers = []
    for part in parts:
        try:
            number = float(part)
        except ValueError:
            number = float("nan")
        if not abs(number) <= 1000:
            raise InputError(f"The input contains {part[:20]!r}; type numbers between -1000 and 1000.")
        numbers.append(number)
    return numbers


VIEW = View(
    "simulate",
    "Simulate a unit",
    _choose,
    _simulate,
    result=_result,
    notice=(
        "A forget gate of 1 and a closed input gate hold a value for ever; a gate of 0.9 lets it leak away.",
        "The RNN has no gate to hold: only its weight of memory and the curve of tanh keep anything.",
    ),
    question="What must the gates do to count pulses? Which cell cannot, and why?",
)
