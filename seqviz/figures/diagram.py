"""The cell drawn as a diagram whose wires carry the numbers of one moment. Plain SVG, in the page's own colours."""

import base64
from collections.abc import Iterator

from seqviz.instruments import CellMoment
from seqviz.palette import GATE_COLOURS, INK, PAPER, Mode

WIDTH, HEIGHT = 760, 300


def cell_diagram(moment: CellMoment, mode: Mode) -> str:
    """HTML with the diagram inside; on a narrow screen it scrolls in its own frame and keeps its size."""
    drawn = {"lstm": _lstm, "gru": _gru, "rnn": _rnn}[moment.cell](moment, mode)
    title = f"Unit {moment.unit} in the {moment.cell.upper()} at row {moment.step + 1}, with its numbers"
    look = f'font-family="sans-serif" font-size="16" fill="{INK[mode]}"'
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    parts = sorted(drawn, key=lambda part: not part.startswith("<line"))  # wires lie under what they connect
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {look}>{"".join(parts)}</svg>'
    picture = f'<img alt="{title}" src="data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}">'
    style = "overflow-x:auto;width:100%"
    return f'<div style="{style}" tabindex="0" role="group" aria-label="{title}">{picture}</div>'


def _lstm(moment: CellMoment, mode: Mode) -> Iterator[str]:
    assert moment.cell_before is not None
    assert moment.cell_state is not None
    value = {part.gate: part.value for part in moment.sums}
    yield _wire(20, 60, 740, 60, mode)
    yield _label(20, 45, "c before", moment.cell_before)
    yield _label(600, 45, "c after", moment.cell_state)
    yield from _column(180, "forget", value["forget"], "×", mode)
    yield from _column(320, "input", value["input"], "", mode)
    yield from _column(430, "candidate", value["candidate"], "", mode)
    yield _wire(320, 170, 320, 130, mode)
    yield _wire(430, 170, 430, 130, mode)
    yield _wire(320, 130, 430, 130, mode)
    yield _wire(375, 130, 375, 60, mode)
    yield _node(375, 130, "×", mode) + _node(375, 60, "+", mode)
    yield _text(388, 100, f"{value['input'] * value['candidate']:.3f}")
    yield _wire(560, 60, 560, 130, mode)
    yield _node(560, 130, "tanh", mode)
    yield _wire(560, 130, 640, 130, mode)
    yield _node(640, 130, "×", mode)
    yield _wire(640, 190, 640, 130, mode)
    yield _gate(640, "output", value["output"], mode)
    yield _wire(640, 130, 740, 130, mode)
    yield _label(668, 115, "h", moment.hidden)


def _gru(moment: CellMoment, mode: Mode) -> Iterator[str]:
    value = {part.gate: part.value for part in moment.sums}
    yield _wire(20, 60, 740, 60, mode)
    yield _label(20, 45, "h before", moment.hidden_before)
    yield _label(600, 45, "h after", moment.hidden)
    yield from _column(300, "update", value["update"], "×", mode)
    yield _text(312, 100, "keeps")
    yield _wire(470, 190, 470, 60, mode)
    yield _gate(470, "new", value["new"], mode)
    yield _node(470, 130, "×", mode) + _node(470, 60, "+", mode)
    yield _text(490, 134, f"1 − z = {1 - value['update']:.3f}")
    yield _gate(130, "reset", value["reset"], mode)
    yield _wire(130, 60, 130, 260, mode)
    yield _wire(130, 260, 470, 260, mode)
    yield _wire(470, 260, 470, 240, mode)
    yield _text(200, 282, "what the new gate sees of the memory")


def _rnn(moment: CellMoment, mode: Mode) -> Iterator[str]:
    (part,) = moment.sums
    yield _wire(20, 130, 740, 130, mode)
    yield _label(20, 115, "h before", moment.hidden_before)
    yield _node(330, 130, "+", mode) + _node(520, 130, "tanh" if part.squash == "tanh" else "ReLU", mode)
    yield _label(390, 115, "sum", part.total)
    yield _wire(330, 240, 330, 130, mode)
    yield _text(346, 215, f"from the row {part.from_input:.3f}")
    yield _text(346, 240, f"bias {part.input_bias + part.hidden_bias:.3f}")
    yield _text(150, 155, f"from the memory {part.from_hidden:.3f}")
    yield _label(620, 115, "h after", moment.hidden)


def _column(x: int, gate: str, value: float, operation: str, mode: Mode) -> Iterator[str]:
    if operation:
        yield _wire(x, 190, x, 60, mode)
        yield _node(x, 60, operation, mode)
    else:
        yield _wire(x, 190, x, 165, mode)
    yield _gate(x, gate, value, mode)


def _gate(x: int, gate: str, value: float, mode: Mode) -> str:
    colours = f'fill="{PAPER[mode]}" stroke="{GATE_COLOURS[gate]}" stroke-width="4"'
    box = f'<rect x="{x - 50}" y="190" width="100" height="50" rx="8" {colours}/>'
    return box + _text(x, 211, gate, "middle") + _text(x, 231, f"{value:.3f}", "middle", bold=True)


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
