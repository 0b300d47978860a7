"""The equations of one unit at one step, with every number that makes its gates and its state."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from seqviz.data.batch import Sequences
from seqviz.errors import InputError
from seqviz.instruments.trace import Trace
from seqviz.networks.network import SequenceNetwork
from seqviz.networks.unroll import Direction, RecurrentLayer
from seqviz.specs import GATES, Cell

LARGEST = 5


@dataclass(frozen=True)
class Contribution:
    """One term of a sum: weight times value of input or hidden unit number `index`."""

    index: int
    weight: float
    value: float

    @property
    def product(self) -> float:
        return self.weight * self.value


@dataclass(frozen=True)
class GateSum:
    """A gate of one unit, taken apart.

    `total = from_input + input_bias + factor * (from_hidden + hidden_bias)`, where `factor` is the reset gate for a
    GRU's new gate and 1 for every other. `value = squash(total)`.
    """

    gate: str
    from_input: float
    input_bias: float
    from_hidden: float
    hidden_bias: float
    factor: float
    total: float
    value: float
    squash: Literal["sigmoid", "tanh", "relu"]
    inputs: tuple[Contribution, ...]
    hiddens: tuple[Contribution, ...]


@dataclass(frozen=True)
class UnitEquations:
    """One unit of one layer (its place in `h_n`) at one step: its gates, and the state before and after.

    A layer either `reads_input`, or the layer below.
    """

    cell: Cell
    layer: int
    direction: Direction
    step: int
    unit: int
    reads_input: bool
    sums: tuple[GateSum, ...]
    hidden_before: float
    hidden: float
    cell_before: float | None
    cell_state: float | None


def unit_equations(
    model: SequenceNetwork, sequences: Sequences, seen: Trace, *, layer: int, step: int, unit: int, item: int = 0
) -> UnitEquations:
    """Take one step of one unit in a trace of these sequences apart, in float64.

    Raises:
        InputError: there is no such layer, step or unit.
    """
    with torch.no_grad():
        x, _ = model.prepare(sequences)
    views = model.stacks["encoder"]
    for name, value, count in (("layer", layer, len(views)), ("row", step, x.shape[1])):
        if not 0 <= value < count:
            raise InputError(f"There is no {name} {value}; this trace has {name}s 0 to {count - 1}.")
    view, signals = views[layer], seen.layers[layer]
    if not 0 <= unit < view.hidden_size:
        raise InputError(f"There is no unit {unit}; this layer has units 0 to {view.hidden_size - 1}.")
    before = step - 1 if view.direction == "forward" else step + 1
    there = 0 <= before < x.shape[1]
    hidden_before = signals.hidden[item, before] if there else torch.zeros(view.hidden_size)
    cell_before = None
    if signals.cell is not None:
        cell_before = float(signals.cell[item, before, unit]) if there else 0.0
    return UnitEquations(
        view.cell,
        layer,
        view.direction,
        step,
        unit,
        view.layer == 0,
        _sums(view, _read_by(view, x, seen, step, item), hidden_before, unit),
        float(hidden_before[unit]),
        float(signals.hidden[item, step, unit]),
        cell_before,
        None if signals.cell is None else float(signals.cell[item, step, unit]),
    )


def _read_by(view: RecurrentLayer, x: Tensor, seen: Trace, step: int, item: int) -> Tensor:
    """What the layer reads at this step: the row, or the hidden states of the layer below."""
    if view.layer == 0:
        return x[item, step]
    return torch.cat([below.hidden[item, step] for below in seen.layers if below.layer == view.layer - 1])


def _sums(view: RecurrentLayer, read: Tensor, hidden: Tensor, unit: int) -> tuple[GateSum, ...]:
    sums: list[GateSum] = []
    for block, gate in enumerate(GATES[view.cell] or ("preactivation",)):
        row = block * view.hidden_size + unit
        weight_ih, weight_hh = (w[row].detach().double().cpu() for w in (view.weight_ih, view.weight_hh))
        input_bias, hidden_bias = float(view.bias_ih.detach()[row]), float(view.bias_hh.detach()[row])
        from_input = float(weight_ih @ read.double().cpu())
        from_hidden = float(weight_hh @ hidden.double())
        factor = sums[0].value if gate == "new" else 1.0
        total = from_input + input_bias + factor * (from_hidden + hidden_bias)
        squash: Literal["sigmoid", "tanh", "relu"] = "tanh" if gate in ("candidate", "new") else "sigmoid"
        if gate == "preactivation":
            squash = view.nonlinearity
        value = float(getattr(torch, squash)(torch.tensor(total, dtype=torch.float64)))
        largest = _largest(weight_ih, read), _largest(weight_hh, hidden)
        sums.append(
            GateSum(gate, from_input, input_bias, from_hidden, hidden_bias, factor, total, value, squash, *largest)
        )
    return tuple(sums)


def _largest(weight: Tensor, values: Tensor) -> tuple[Contribution, ...]:
    order = (weight * values.cpu()).abs().argsort(descending=True)[:LARGEST].tolist()
    return tuple(Contribution(i, float(weight[i]), float(values[i])) for i in order)
