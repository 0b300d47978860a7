"""The one unrolling: each cell's equations written out, gate by gate, step by step, with autograd on.

Traces, gradients through time and interventions are readings of it, and it equals PyTorch's fused layers to float
precision: with sequences of different lengths, PyTorch's layers on a packed sequence. The equations are those of the
PyTorch documentation of `nn.RNN`, `nn.GRU` and `nn.LSTM`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from seqviz.data.batch import mask_of
from seqviz.errors import InputError
from seqviz.specs import Cell

Direction = Literal["forward", "backward"]
Hidden = Float[Tensor, "batch hidden"]
Gates = Mapping[str, Hidden]


Intervention = Callable[[int, str, Tensor], Tensor]
"""Called with the step, a signal's name (`specs.SIGNALS`) and its value as it is computed; what it returns is used."""

Interventions = Sequence[Intervention | None]
"""One for each layer of a stack, in the order of `h_n`, or none at all."""


class State(NamedTuple):
    """What a layer carries from one step to the next; only an LSTM has a cell state."""

    hidden: Hidden
    cell: Hidden | None = None

    def detached(self) -> "State":
        """The same numbers, through which no gradient flows."""
        return State(self.hidden.detach(), None if self.cell is None else self.cell.detach())

    def where(self, reads: Bool[Tensor, "batch 1"], before: "State") -> "State":
        """This state for the sequences that read a step, the state before for those that do not."""
        cell = None if self.cell is None or before.cell is None else torch.where(reads, self.cell, before.cell)
        return State(torch.where(reads, self.hidden, before.hidden), cell)


class Step(NamedTuple):
    """One time step of one layer: its place in the sequence, its gates, and the state it leaves."""

    step: int
    gates: Gates
    state: State


@dataclass(frozen=True)
class RecurrentLayer:
    """One layer in one direction: a view of the parameters inside an `nn.RNN`, `nn.GRU` or `nn.LSTM`.

    Gates are stacked along the first axis in PyTorch's order (`specs.GATES`).
    """

    cell: Cell
    layer: int
    direction: Direction
    weight_ih: Float[Tensor, "gates_hidden input"]
    weight_hh: Float[Tensor, "gates_hidden hidden"]
    bias_ih: Float[Tensor, " gates_hidden"]
    bias_hh: Float[Tensor, " gates_hidden"]
    nonlinearity: Literal["tanh", "relu"] = "tanh"

    @property
    def hidden_size(self) -> int:
        return self.weight_hh.shape[1]

    def detached(self) -> "RecurrentLayer":
        """The same parameters, to which no gradient flows."""
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        return replace(self, **{name: getattr(self, name).detach() for name in names})

    def initial_state(self, batch: int) -> State:
        zeros = self.weight_hh.new_zeros(batch, self.hidden_size)
        return State(zeros, zeros if self.cell == "lstm" else None)

    def step(
        self, from_input: Float[Tensor, "batch gates_hidden"], state: State, change: "Change | None" = None
    ) -> tuple[Gates, State]:
        """One step of the cell; `from_input` is W_ih x_t + b_ih. `change` may replace each signal as it is computed."""
        from_hidden = F.linear(state.hidden, self.weight_hh, self.bias_hh)  # W_hh h_{t-1} + b_hh
        return _EQUATIONS[self.cell](self, from_input, from_hidden, state, change or _unchanged)

    def fused_step(self, x: Float[Tensor, "batch input"], state: State) -> State:
        """One step by PyTorch's own cell: quicker, and without gates."""
        parameters = self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh
        if self.cell == "lstm":
            assert state.cell is not None
            return State(*torch.lstm_cell(x, [state.hidden, state.cell], *parameters))
        if self.cell == "gru":
            return State(torch.gru_cell(x, state.hidden, *parameters))
        cell = torch.rnn_relu_cell if self.nonlinearity == "relu" else torch.rnn_tanh_cell
        return State(cell(x, state.hidden, *parameters))


Change = Callable[[str, Tensor], Tensor]


def _unchanged(_: str, value: Tensor) -> Tensor:
    return value


def _rnn(
    layer: RecurrentLayer, from_input: Tensor, from_hidden: Tensor, state: State, change: Change
) -> tuple[Gates, State]:
    """h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh), or ReLU in place of tanh."""
    total = change("preactivation", from_input + from_hidden)
    hidden = torch.relu(total) if layer.nonlinearity == "relu" else torch.tanh(total)
    return {"preactivation": total}, State(change("hidden", hidden))


def _gru(
    layer: RecurrentLayer, from_input: Tensor, from_hidden: Tensor, state: State, change: Change
) -> tuple[Gates, State]:
    """n = tanh(W_in x + b_in + r⊙(W_hn h_{t-1} + b_hn)); h_t = (1 - z)⊙n + z⊙h_{t-1}: a z near 1 keeps the memory."""
    x_r, x_z, x_n = from_input.chunk(3, dim=1)
    h_r, h_z, h_n = from_hidden.chunk(3, dim=1)
    r = change("reset", torch.sigmoid(x_r + h_r))
    z = change("update", torch.sigmoid(x_z + h_z))
    n = change("new", torch.tanh(x_n + r * h_n))
    return {"reset": r, "update": z, "new": n}, State(change("hidden", (1 - z) * n + z * state.hidden))


def _lstm(
    layer: RecurrentLayer, from_input: Tensor, from_hidden: Tensor, state: State, change: Change
) -> tuple[Gates, State]:
    """c_t = f⊙c_{t-1} + i⊙g; h_t = o⊙tanh(c_t)."""
    assert state.cell is not None
    i, f, g, o = (from_input + from_hidden).chunk(4, dim=1)
    i, f = change("input", torch.sigmoid(i)), change("forget", torch.sigmoid(f))
    g, o = change("candidate", torch.tanh(g)), change("output", torch.sigmoid(o))
    c = change("cell", f * state.cell + i * g)
    h = change("hidden", o * torch.tanh(c))
    return {"input": i, "forget": f, "candidate": g, "output": o}, State(h, c)


_EQUATIONS = {"rnn": _rnn, "gru": _gru, "lstm": _lstm}


def unroll(
    layer: RecurrentLayer,
    inputs: Float[Tensor, "batch time input"] | Iterable[Float[Tensor, "batch input"]],
    state: State | None = None,
    intervene: Intervention | None = None,
    truncate: int | None = None,
    lengths: Int[Tensor, " batch"] | None = None,
) -> Iterator[Step]:
    """Apply the cell's equations one time step after another; a backward layer starts at the last step.

    Args:
        inputs: a whole sequence, or its steps one by one. Each step is asked for when the one before has been yielded,
            so that it may depend on it, as in a decoder that reads its own answers.
        state: where to start; default: zeros.
        truncate: the state crosses the border between two chunks of that many steps, but no gradient does. A
            sequence's chunks are counted from where it begins to be read.
        lengths: the steps of each sequence. Its state stands still after its end, and a backward layer starts at its
            own last step.

    Raises:
        InputError: a backward layer, which starts at the end, was given its inputs one by one.
    """
    reads = None
    if lengths is not None:
        assert isinstance(inputs, Tensor), "steps that come one by one have no lengths"
        mask = mask_of(lengths, inputs.shape[1]).to(inputs.device)
        reads = mask[..., None].unbind(dim=1)  # time × (batch, 1)
    for read, (step, from_input) in enumerate(_steps(layer, inputs)):
        if state is None:
            state = layer.initial_state(batch=len(from_input))
        if truncate and read and lengths is not None and layer.direction == "backward":
            behind = lengths - 1 - step  # steps that each sequence has been read for, from its own end
            border = (behind > 0) & (behind % truncate == 0)
            state = state.detached().where(border[:, None].to(from_input.device), state)
        elif truncate and read and read % truncate == 0:
            state = state.detached()
        change = partial(intervene, step) if intervene else None
        gates, after = layer.step(from_input, state, change)
        state = after if reads is None else after.where(reads[step], state)
        yield Step(step, gates, state)


def _steps(layer: RecurrentLayer, inputs: Tensor | Iterable[Tensor]) -> Iterator[tuple[int, Tensor]]:
    """Each step's number and W_ih x_t + b_ih `(batch, gates * hidden)`, in the order in which the layer reads."""
    if isinstance(inputs, Tensor):  # all at once is quicker
        steps = list(enumerate(F.linear(inputs, layer.weight_ih, layer.bias_ih).unbind(dim=1)))
        yield from reversed(steps) if layer.direction == "backward" else steps
        return
    if layer.direction == "backward":
        raise InputError("A layer that reads backward needs the whole sequence; its inputs came one by one.")
    for step, x in enumerate(inputs):
        yield step, F.linear(x, layer.weight_ih, layer.bias_ih)


def unroll_steps(
    layers: Sequence[RecurrentLayer],
    inputs: Iterable[Float[Tensor, "batch input"]],
    states: Sequence[State | None] | None = None,
) -> Iterator[tuple[Step, ...]]:
    """Unroll a stack that reads in one direction step by step, all layers at each step.

    Each input is asked for when the step before has been yielded: a decoder may compute it from the last layer's state.
    """
    reached: list[Step] = []

    def hidden_states(steps: Iterator[Step]) -> Iterator[Tensor]:
        for step in steps:
            reached.append(step)
            yield step.state.hidden

    below: Iterable[Tensor] = inputs
    for layer, state in zip(layers, states or [None] * len(layers), strict=True):
        below = hidden_states(unroll(layer, below, state))
    for _ in below:
        yield tuple(reached)
        reached.clear()


@dataclass(frozen=True)
class LayerTrace:
    """Every signal of one layer in one direction over a whole sequence, each `(batch, time, hidden)`.

    `cell` is None but for an LSTM; `gates` has the names in `specs.GATES`, and an RNN's pre-activation.
    """

    layer: int
    direction: Direction
    hidden: Float[Tensor, "batch time hidden"]
    cell: Float[Tensor, "batch time hidden"] | None
    gates: Mapping[str, Float[Tensor, "batch time hidden"]]

    def signal(self, name: str) -> Float[Tensor, "batch time hidden"]:
        """A signal by its name in `specs.SIGNALS`."""
        tensor = {"hidden": self.hidden, "cell": self.cell, **self.gates}[name]
        assert tensor is not None, f"only an LSTM has a {name} state"
        return tensor

    def each(self, change: Callable[[Tensor], Tensor]) -> "LayerTrace":
        """Every signal after the same change."""
        return LayerTrace(
            self.layer,
            self.direction,
            change(self.hidden),
            None if self.cell is None else change(self.cell),
            {name: change(gate) for name, gate in self.gates.items()},
        )

    def detached(self) -> "LayerTrace":
        """The same numbers on the CPU, without their graph."""
        return self.each(lambda signal: signal.detach().cpu())


def unroll_stack(
    layers: Sequence[RecurrentLayer],
    inputs: Float[Tensor, "batch time input"],
    interventions: Interventions = (),
    truncate: int | None = None,
    lengths: Int[Tensor, " batch"] | None = None,
    states: Sequence[State | None] | None = None,
) -> tuple[tuple[LayerTrace, ...], Float[Tensor, "batch time outputs"]]:
    """Unroll a whole stack, without dropout: every layer's signals in `h_n` order, and the last layer's outputs.

    Layer k reads the hidden states of layer k-1, both directions side by side. `interventions` holds one for each
    layer, or is empty; so does `states`, where each starts. `truncate` and `lengths` are those of `unroll`.
    """
    traces: list[LayerTrace] = []
    outputs = inputs
    rest = list(zip(layers, interventions or [None] * len(layers), states or [None] * len(layers), strict=True))
    for depth in range(layers[-1].layer + 1):
        level = [
            _whole(layer, unroll(layer, outputs, state, intervene, truncate, lengths))
            for layer, intervene, state in rest
            if layer.layer == depth
        ]
        traces += level
        outputs = torch.cat([trace.hidden for trace in level], dim=-1)  # (batch, time, directions * hidden)
    return tuple(traces), outputs


def _whole(layer: RecurrentLayer, unrolled: Iterator[Step]) -> LayerTrace:
    steps = sorted(unrolled, key=lambda step: step.step)
    cells = [step.state.cell for step in steps if step.state.cell is not None]
    return LayerTrace(
        layer.layer,
        layer.direction,
        hidden=torch.stack([step.state.hidden for step in steps], dim=1),
        cell=torch.stack(cells, dim=1) if cells else None,
        gates={name: torch.stack([step.gates[name] for step in steps], dim=1) for name in steps[0].gates},
    )


def layer_states(state: Tensor | tuple[Tensor, Tensor], layers: int) -> tuple[State, ...]:
    """PyTorch's `h_n` `(layers, batch, hidden)`, or `(h_n, c_n)` of an LSTM, as one state a layer."""
    hidden, cell = state if isinstance(state, tuple) else (state, None)
    return tuple(State(hidden[index], None if cell is None else cell[index]) for index in range(layers))


def recurrent_layers(rnn: nn.RNNBase) -> tuple[RecurrentLayer, ...]:
    """Views of every layer and direction of a fused module, in the order of its `h_n`."""
    cell: Cell = "lstm" if isinstance(rnn, nn.LSTM) else "gru" if isinstance(rnn, nn.GRU) else "rnn"
    directions = _DIRECTIONS[: 2 if rnn.bidirectional else 1]
    return tuple(
        RecurrentLayer(
            cell,
            layer,
            direction,
            weight_ih=getattr(rnn, f"weight_ih_l{layer}{suffix}"),
            weight_hh=getattr(rnn, f"weight_hh_l{layer}{suffix}"),
            bias_ih=getattr(rnn, f"bias_ih_l{layer}{suffix}"),
            bias_hh=getattr(rnn, f"bias_hh_l{layer}{suffix}"),
            nonlinearity=getattr(rnn, "nonlinearity", "tanh"),
        )
        for layer in range(rnn.num_layers)
        for direction, suffix in directions
    )


_DIRECTIONS: tuple[tuple[Direction, str], ...] = (("forward", ""), ("backward", "_reverse"))
