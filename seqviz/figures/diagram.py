"""The cell drawn as a diagram whose wires carry the numbers of one moment. Plain SVG, in the page's own colours."""

import base64
import math
from collections.abc import Iterator

from seqviz.instruments.unit_equations import GateSum, UnitEquations
from seqviz.palette import GATE_COLOURS, INK, PAPER, Mode

WIDTH, HEIGHT = 760, 400
TOP, BOXES, RAIL = 60, 200, 360  # the memory's wire, the gates' upper edge, the wire that feeds them
BEFORE = {"forward": "t−1", "backward": "t+1"}


def cell_diagram(moment: UnitEquations, mode: Mode, step_name: str = "row") -> str:
    """HTML with the diagram inside; on a narrow screen it scrolls in its own frame and keeps its size."""
    drawn = {"lstm": _lstm, "gru": _gru, "rnn": _rnn}[moment.cell](moment, mode, step_name)
    title = f"Unit {moment.unit} in the {moment.cell.upper()} at {step_name} {moment.step + 1}, with its numbers"
    look = f'font-family="sans-serif" font-size="15" fill="{INK[mode]}"'
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    parts = sorted(drawn, key=lambda part: not part.startswith("<line"))  # wires lie under what they connect
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {look}>{"".join(parts)}</svg>'
    picture = f'<img alt="{title}" src="data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}">'
    style = "overflow-x:auto;width:100%"
    return f'<div style="{style}" tabindex="0" role="group" aria-label="{title}">{picture}</div>'


def _lstm(moment: UnitEquations, mode: Mode, step_name: str) -> Iterator[str]:
    assert moment.cell_before is not None
    assert moment.cell_state is not None
    gate = {part.gate: part for part in moment.sums}
    before = BEFORE[moment.direction]
    yield _wire(10, TOP, 750, TOP, mode)
    yield _label(10, 45, f"c {before}", moment.cell_before)
    yield _label(205, 45, "f·c", gate["forget"].value * moment.cell_before)
    yield _label(440, 45, "c t", moment.cell_state)
    yield _wire(100, BOXES, 100, TOP, mode)
    yield _node(100, TOP, "×", mode)
    for x, name in ((270, "input"), (420, "candidate")):
        yield _wire(x, BOXES, x, 130, mode)
        yield from _gate(x, gate[name], mode)
    yield from _gate(100, gate["forget"], mode)
    yield _wire(270, 130, 420, 130, mode)
    yield _wire(345, 130, 345, TOP, mode)
    yield _node(345, 130, "×", mode) + _node(345, TOP, "+", mode)
    yield _label(357, 104, "i·g", gate["input"].value * gate["candidate"].value)
    yield _wire(540, TOP, 540, 130, mode)
    yield _node(540, 130, "tanh", mode)
    yield _wire(540, 130, 640, 130, mode)
    yield _label(548, 98, "tanh c", math.tanh(moment.cell_state))
    yield _node(640, 130, "×", mode)
    yield _wire(640, BOXES, 640, 130, mode)
    yield from _gate(640, gate["output"], mode)
    yield _wire(640, 130, 750, 130, mode)
    yield _label(668, 117, "h t", moment.hidden)
    yield from _rail(moment, 640, mode, step_name)


def _gru(moment: UnitEquations, mode: Mode, step_name: str) -> Iterator[str]:
    gate = {part.gate: part for part in moment.sums}
    update, new = gate["update"], gate["new"]
    yield _wire(10, TOP, 750, TOP, mode)
    yield _label(10, 45, f"h {BEFORE[moment.direction]}", moment.hidden_before)
    yield _label(345, 45, "z·h", update.value * moment.hidden_before)
    yield _label(640, 45, "h t", moment.hidden)
    yield _wire(300, BOXES, 300, TOP, mode)
    yield _node(300, TOP, "×", mode)
    yield from _gate(300, update, mode)
    yield _wire(540, BOXES, 540, TOP, mode)
    yield _node(540, 140, "×", mode) + _node(540, TOP, "+", mode)
    yield _wire(300, 170, 480, 170, mode)
    yield _wire(480, 170, 480, 140, mode)
    yield _wire(480, 140, 540, 140, mode)
    yield _label(340, 160, "1 − z", 1 - update.value)
    yield _label(552, 104, "(1 − z)·n", (1 - update.value) * new.value)
    yield from _gate(540, new, mode)
    yield from _gate(90, gate["reset"], mode)
    for x1, y1, x2, y2 in ((90, BOXES, 90, 185), (90, 185, 440, 185), (440, 185, 440, 338), (440, 338, 540, 338)):
        yield _wire(x1, y1, x2, y2, mode)  # the reset gate scales what the new gate sees of the memory
    yield _node(540, 338, "×", mode)
    yield _label(448, 330, "r", gate["reset"].value)
    yield from _rail(moment, 540, mode, step_name)


def _rnn(moment: UnitEquations, mode: Mode, step_name: str) -> Iterator[str]:
    (part,) = moment.sums
    yield _wire(10, 130, 750, 130, mode)
    yield _label(10, 115, f"h {BEFORE[moment.direction]}", moment.hidden_before)
    yield _text(10, 155, "this unit's, beside all others'")
    yield _label(220, 115, "W_hh h", part.from_hidden)
    yield _node(370, 130, "+", mode) + _node(560, 130, "tanh" if part.squash == "tanh" else "ReLU", mode)
    yield _label(420, 115, "sum", part.total)
    yield _wire(370, 250, 370, 130, mode)
    yield _label(384, 215, "W_ih x", part.from_input)
    yield _label(384, 240, "bias", part.input_bias + part.hidden_bias)
    yield _text(370, 275, _read(moment, step_name), "middle")
    yield _label(640, 115, "h t", moment.hidden)


def _gate(x: int, part: GateSum, mode: Mode) -> Iterator[str]:
    """A gate's box with its value, and under it the two sums and the bias that make it."""
    colours = f'fill="{PAPER[mode]}" stroke="{GATE_COLOURS[part.gate]}" stroke-width="4"'
    box = f'<rect x="{x - 50}" y="{BOXES}" width="100" height="50" rx="8" {colours}/>'
    name = _text(x, BOXES + 21, part.gate, "middle")
    yield box + name + _text(x, BOXES + 41, f"{part.value:.3f}", "middle", bold=True)
    yield _wire(x, RAIL, x, BOXES + 50, mode)
    terms = [("W_ih x", part.from_input), ("W_hh h", part.from_hidden), ("bias", part.input_bias + part.hidden_bias)]
    if part.gate == "new":
        recurrent = part.factor * (part.from_hidden + part.hidden_bias)
        terms = [("W_ih x", part.from_input), ("r·(W_hh h + b)", recurrent), ("bias", part.input_bias)]
    for line, (label, value) in enumerate(terms):
        yield _label(x + 8, BOXES + 72 + 20 * line, label, value)


def _rail(moment: UnitEquations, to: int, mode: Mode, step_name: str) -> Iterator[str]:
    """The wire under the gates: each reads the whole row and all hidden states of the step before."""
    yield _wire(10, RAIL, to, RAIL, mode)
    read = _read(moment, step_name)
    before = BEFORE[moment.direction]
    yield _label(10, RAIL + 25, f"x t: {read};  h {before}: all units, this one", moment.hidden_before)


def _node(x: int, y: int, label: str, mode: Mode) -> str:
    radius = 13 if len(label) == 1 else 22
    circle = f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{PAPER[mode]}" stroke="{INK[mode]}"/>'
    return circle + _text(x, y + 5, label, "middle")


def _wire(x1: int, y1: int, x2: int, y2: int, mode: Mode) -> str:
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{INK[mode]}" stroke-width="1.5"/>'


def _label(x: int, y: int, name: str, value: float) -> str:
    return _text(x, y, f'{name} <tspan font-weight="700">{value:.3f}</tspan>')


def _text(x: int, y: int, content: str, anchor: str = "start", *, bold: bool = False) -> str:
    weight = ' font-weight="700"' if bold else ""
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}"{weight}>{content}</text>'


def _read(moment: UnitEquations, step_name: str) -> str:
    return f"{step_name} {moment.step + 1}" if moment.reads_input else "the layer below"
