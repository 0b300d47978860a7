"""Crank a single unit by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd
import streamlit as st

from seqviz import snippets
from seqviz.errors import InputError
from seqviz.figures.simulated_unit import simulated_unit_figure
from seqviz.instruments.simulated_unit import Weights, simulate_unit, single_unit
from seqviz.palette import CELL_NAMES
from seqviz.specs import CELLS, Cell
from seqviz.ui.gates.unit import GRU_CONVENTION
from seqviz.ui.shell.frame import code, mode
from seqviz.ui.shell.url import pick, slide, text

PULSE = "1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0"
BITS = "0 0 1 0 0 0 0 -1 0 0 0 0 0 1 0 0 0 0 -1 0"
STEADY = "0.2 " * 19 + "0.2"
LEVELS = ("off on input", "0", "0.1", "0.25", "0.5", "0.75", "0.9", "1", "on at input")
SIZES = ("-4", "-2", "-1", "-0.5", "0", "0.5", "1", "2", "4")
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


def turn() -> None:
    """Choose a cell and a preset, turn the gates and the weights, edit the input."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        cell = pick("Cell", CELLS, "crank", names=CELL_NAMES.__getitem__, default="lstm", resets=_SETTINGS)
        name = pick("Preset", list(PRESETS), "preset", names=lambda name: PRESETS[name].name, resets=_SETTINGS)
    if cell == "gru":
        st.caption(GRU_CONVENTION)
    preset = PRESETS[name]
    of_input, of_memory = preset.wires(cell)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        levels = {
            gate: slide(f"{gate.capitalize()} gate", LEVELS, f"held-{gate}", default=preset.levels[gate], width=190)
            for gate in HELD[cell]
        }
        weight = float(slide("Weight of input", SIZES, "wx", default=of_input, width=190))
        memory = float(slide("Weight of memory", SIZES, "wh", default=of_memory, width=190))
    inputs = _numbers(text("Input, one number a step", "inputs", preset.inputs))
    courses = turned(cell, inputs, levels, weight, memory)
    st.plotly_chart(simulated_unit_figure({"input x": inputs, **courses}, mode()), key="crank figure", theme=None)
    numbers = pd.DataFrame({"step": range(1, len(inputs) + 1), "input x": inputs, **courses})
    st.download_button("Numbers (CSV)", lambda: numbers.to_csv(index=False), "seqviz-crank.csv", on_click="ignore")
    weights, held = wiring(cell, levels, weight, memory)
    code(snippets.simulated_unit(cell, inputs, weights, held), "The same unit through `seqviz`'s one unrolling.")


def turned(
    cell: Cell, inputs: Sequence[float], levels: Mapping[str, str], of_input: float, of_memory: float
) -> dict[str, list[float]]:
    """The course of every signal with these gates and these weights of the candidate."""
    weights, held = wiring(cell, levels, of_input, of_memory)
    return simulate_unit(single_unit(cell, weights), inputs, held)


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
