"""The equations of one moment in KaTeX, with the numbers filled in and the symbols of the code."""

from collections.abc import Iterator

from seqviz.instruments.unit_equations import GateSum, UnitEquations

_LETTERS = {"input": "i", "forget": "f", "candidate": "g", "output": "o", "reset": "r", "update": "z", "new": "n"}
_SQUASH = {"sigmoid": r"\sigma", "tanh": r"\tanh", "relu": r"\mathrm{ReLU}"}


def equations(moment: UnitEquations) -> list[str]:
    """One line a gate, then the state and the output; a backward layer comes from the step after, t+1."""
    before = "t-1" if moment.direction == "forward" else "t+1"
    return [*(_gate(part, before) for part in moment.sums), *_state(moment, before)]


def _gate(part: GateSum, before: str) -> str:
    letter = _LETTERS.get(part.gate, "h")
    from_input = _named(part.from_input, f"W_{{i{letter}}}x_t")
    from_hidden = _named(part.from_hidden, f"W_{{h{letter}}}h_{{{before}}}")
    if part.gate == "new":
        inner = rf"{from_input} {_plus(part.input_bias)} + {_named(part.factor, 'r_t')}"
        inner += rf"\left({from_hidden} {_plus(part.hidden_bias)}\right)"
    else:
        bias = part.input_bias + part.hidden_bias
        inner = f"{from_input} + {from_hidden} + {_named(bias, f'b_{letter}')}"
    squash = _SQUASH[part.squash]
    return rf"{letter}_t = {squash}\left({inner}\right) \approx {squash}({_number(part.total)}) = {_number(part.value)}"


def _state(moment: UnitEquations, before: str) -> Iterator[str]:
    value = {part.gate: part.value for part in moment.sums}
    if moment.cell == "lstm":
        assert moment.cell_before is not None
        assert moment.cell_state is not None
        cell = _number(moment.cell_state)
        kept = rf"{_named(value['forget'], 'f_t')}\cdot{_named(moment.cell_before, f'c_{{{before}}}')}"
        written = rf"{_named(value['input'], 'i_t')}\cdot{_named(value['candidate'], 'g_t')}"
        yield rf"c_t = {kept} + {written} = {cell}"
        yield rf"h_t = {_named(value['output'], 'o_t')}\cdot\tanh({cell}) = {_number(moment.hidden)}"
    elif moment.cell == "gru":
        update = _named(value["update"], "z_t")
        new = rf"(1 - {_number(value['update'])})\cdot{_named(value['new'], 'n_t')}"
        kept = rf"{update}\cdot{_named(moment.hidden_before, f'h_{{{before}}}')}"
        yield rf"h_t = {new} + {kept} = {_number(moment.hidden)}"


def _named(value: float, name: str) -> str:
    return rf"\underbrace{{{_number(value)}}}_{{{name}}}"


def _number(value: float) -> str:
    return f"{value + 0:.4f}".replace("-0.0000", "0.0000")


def _plus(value: float) -> str:
    return f"{'+' if value >= 0 else '-'} {abs(value):.4f}"
