"""Every tensor of PyTorch's recurrent layers with its shape: what goes in, the weights, three steps, what comes out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from seqviz.networks.layers import fused_layer
from seqviz.networks.unroll import recurrent_layers, unroll
from seqviz.specs import GATES, Cell, RecurrentSpec


@dataclass(frozen=True)
class Line:
    """One line of a program, and what it gave: a tensor with the names of its axes, or PyTorch's own complaint."""

    code: str
    tensor: Tensor | None
    axes: tuple[str, ...] = ()
    error: str = ""


def make_layer(spec: RecurrentSpec, inputs: int, seed: int = 0) -> nn.RNNBase:
    """The layer with PyTorch's own initialisation, drawn from a seed, in float64 so that sums can be compared."""
    layer = fused_layer(spec, inputs).double()
    generator = torch.Generator().manual_seed(seed)
    bound = spec.hidden_size**-0.5
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.uniform_(-bound, bound, generator=generator)
    return layer


def digit_lines(
    images: Float[Tensor, "batch 1 rows columns"],
    hidden: int,
    *,
    squeeze: bool = True,
    columns: bool = False,
    batch_first: bool = True,
) -> list[Line]:
    """From images as torchvision gives them to what `nn.GRU` answers, or to what it says where an axis is wrong."""
    lines = [Line("images", images, ("N", "channel", "row", "column"))]
    x = images
    axes: tuple[str, ...] = ("N", "channel", "row", "column")
    if squeeze:
        x, axes = images.squeeze(1), ("N", "row", "column")
        lines.append(Line("x = images.squeeze(1)", x, axes))
        if columns:
            x, axes = x.transpose(1, 2), ("N", "column", "row")
            lines.append(Line("x = x.transpose(1, 2)  # columns are the steps", x, axes))
        if not batch_first:
            x, axes = x.transpose(0, 1), (axes[1], "N", axes[2])
            lines.append(Line("x = x.transpose(0, 1)  # time first", x, axes))
    else:
        lines.append(Line("x = images", x, axes))
    gru = nn.GRU(x.shape[-1], hidden, batch_first=batch_first)
    code = f"output, h_n = nn.GRU({x.shape[-1]}, {hidden}, batch_first={batch_first})(x)"
    lines.append(_called(code, lambda: gru(x)[0], (*axes[:2], "hidden")))
    return lines


def sentence_lines(tokens: Tensor, vocabulary: int, embedding: int, hidden: int) -> list[Line]:
    """From tokens `(N, L)` to vectors, and to what `nn.GRU` answers."""
    vectors = nn.Embedding(vocabulary, embedding)(tokens)
    output = nn.GRU(embedding, hidden, batch_first=True)(vectors)[0]
    return [
        Line("tokens", tokens, ("N", "word")),
        Line(f"x = nn.Embedding({vocabulary}, {embedding})(tokens)", vectors.detach(), ("N", "word", "embedding")),
        Line(
            f"output, h_n = nn.GRU({embedding}, {hidden}, batch_first=True)(x)",
            output.detach(),
            ("N", "word", "hidden"),
        ),
    ]


def series_lines(values: Float[Tensor, " time"], window: int, hidden: int) -> list[Line]:
    """From a series `(T,)` to overlapping windows `(N, L)`, to one number a step, and to what `nn.GRU` answers."""
    windows = values.unfold(0, window, 1)
    x = windows.unsqueeze(-1)
    output = nn.GRU(1, hidden, batch_first=True)(x)[0]
    return [
        Line("series", values, ("time",)),
        Line(f"windows = series.unfold(0, {window}, 1)", windows, ("N", "step")),
        Line("x = windows.unsqueeze(-1)", x, ("N", "step", "1")),
        Line(f"output, h_n = nn.GRU(1, {hidden}, batch_first=True)(x)", output.detach(), ("N", "step", "hidden")),
    ]


def _called(code: str, call: Callable[[], Tensor], axes: tuple[str, ...]) -> Line:
    try:
        return Line(code, call().detach(), axes)
    except (RuntimeError, ValueError) as error:
        return Line(code, None, (), f"{type(error).__name__}: {error}")


@dataclass(frozen=True)
class Weight:
    """A parameter by PyTorch's name; `gates` name its blocks of rows."""

    name: str
    value: Tensor
    gates: tuple[str, ...]


def weights_of(layer: nn.RNNBase, cell: Cell) -> list[Weight]:
    """Every parameter of the layers, in PyTorch's order."""
    gates = GATES[cell] or ("hidden",)
    return [Weight(name, value.detach(), gates) for name, value in layer.named_parameters()]


@dataclass(frozen=True)
class WrittenStep:
    """One step written out: names, formulas in code, and values `(N, hidden)`, in the order of computation."""

    number: int
    names: tuple[str, ...]
    formulas: tuple[str, ...]
    values: tuple[Tensor, ...]


FORMULAS: dict[Cell, dict[str, str]] = {
    "rnn": {
        "a": "x @ W_ih.T + b_ih + h @ W_hh.T + b_hh",
        "h": "a.tanh()",
    },
    "gru": {
        "r": "(x @ W_ir.T + b_ir + h @ W_hr.T + b_hr).sigmoid()",
        "z": "(x @ W_iz.T + b_iz + h @ W_hz.T + b_hz).sigmoid()",
        "n": "(x @ W_in.T + b_in + r * (h @ W_hn.T + b_hn)).tanh()",
        "h": "(1 - z) * n + z * h",
    },
    "lstm": {
        "i": "(x @ W_ii.T + b_ii + h @ W_hi.T + b_hi).sigmoid()",
        "f": "(x @ W_if.T + b_if + h @ W_hf.T + b_hf).sigmoid()",
        "g": "(x @ W_ig.T + b_ig + h @ W_hg.T + b_hg).tanh()",
        "o": "(x @ W_io.T + b_io + h @ W_ho.T + b_ho).sigmoid()",
        "c": "f * c + i * g",
        "h": "o * c.tanh()",
    },
}
"""The lines of one step in the order of computation, in the symbols of PyTorch's documentation."""
_SIGNALS: dict[Cell, tuple[str, ...]] = {
    "rnn": ("preactivation", "hidden"),
    "gru": ("reset", "update", "new", "hidden"),
    "lstm": ("input", "forget", "candidate", "output", "cell", "hidden"),
}


def written_steps(layer: nn.RNNBase, cell: Cell, x: Float[Tensor, "batch time input"]) -> list[WrittenStep]:
    """The first layer's forward direction, step by step, through the one unrolling."""
    found = []
    with torch.no_grad():
        for step in unroll(recurrent_layers(layer)[0], x):
            signals = {**step.gates, "hidden": step.state.hidden}
            if step.state.cell is not None:
                signals["cell"] = step.state.cell
            values = tuple(signals[name] for name in _SIGNALS[cell])
            names = tuple(FORMULAS[cell])
            found.append(WrittenStep(step.step, names, tuple(FORMULAS[cell].values()), values))
    return found


@dataclass(frozen=True)
class Ends:
    """What a layer returns: `output` `(N, L, D · hidden)`, `h_n` and `c_n` `(layers · D, N, hidden)`.

    `last` is `output[:, -1]`, `state` the states of the last layer that `h_n` holds, side by side; where `equal` is
    False, `output[:, -1]` is no summary of the whole sequence: the backward direction has read one step there.
    """

    output: Tensor
    h_n: Tensor
    c_n: Tensor | None
    last: Tensor
    state: Tensor
    equal: Tensor


def ends_of(layer: nn.RNNBase, x: Float[Tensor, "batch time input"]) -> Ends:
    """Run the layer and compare its ends."""
    with torch.no_grad():
        output, state = layer(x)
    h_n, c_n = state if isinstance(state, tuple) else (state, None)
    directions = 2 if layer.bidirectional else 1
    sides = torch.cat(list(h_n[-directions:]), dim=-1)
    last = output[:, -1]
    return Ends(output, h_n, c_n, last, sides, last == sides)


@dataclass(frozen=True)
class Term:
    """∂L_t/∂U by the way of step k: `factors` are named numbers whose product is `value`."""

    loss_step: int
    step: int
    factors: tuple[tuple[str, str, float], ...]
    value: float
    cut: bool


@dataclass(frozen=True)
class Ledger:
    """Backpropagation through time of one unit h_t = tanh(w x_t + u h_{t−1}) with L = Σ ½ (h_t − y_t)².

    `terms` are all ways from a loss back to a use of u; their sum, those left out that are `cut`, is the gradient that
    autograd gives.
    """

    states: tuple[float, ...]
    losses: tuple[float, ...]
    terms: tuple[Term, ...]
    autograd: float

    @property
    def total(self) -> float:
        return sum(term.value for term in self.terms if not term.cut)


def gradient_ledger(
    w: float,
    u: float,
    inputs: Sequence[float],
    targets: Sequence[float],
    first: float = 0.5,
    truncate: int | None = None,
) -> Ledger:
    """∂L/∂u, way by way, in float64 (Werbos 1990, doi 10.1109/5.58337); `truncate` cuts every so many steps.

    >>> ledger = gradient_ledger(1.0, 0.9, [0.5, -1.0, 0.2], [0.0, 0.0, 1.0])
    >>> len(ledger.terms), abs(ledger.total - ledger.autograd) < 1e-15
    (6, True)
    """
    weight = torch.tensor(u, dtype=torch.float64, requires_grad=True)
    h = torch.tensor(first, dtype=torch.float64)
    states, losses = [h], []
    for step, (x, y) in enumerate(zip(inputs, targets, strict=True)):
        if truncate and step % truncate == 0:
            h = h.detach()
        h = torch.tanh(w * x + weight * h)
        states.append(h)
        losses.append((h - y) ** 2 / 2)
    (gradient,) = torch.autograd.grad(torch.stack(losses).sum(), weight)
    values = [float(state.detach()) for state in states]
    terms = []
    for t in range(1, len(values)):
        for k in range(t, 0, -1):
            factors = [(rf"\frac{{\partial L_{t}}}{{\partial h_{t}}}", f"h_{t} - y_{t}", values[t] - targets[t - 1])]
            factors += [
                (rf"\frac{{\partial h_{j}}}{{\partial h_{j - 1}}}", f"u (1 - h_{j}^2)", u * (1 - values[j] ** 2))
                for j in range(t, k, -1)
            ]
            factors.append((rf"\frac{{\partial h_{k}}}{{\partial a_{k}}}", f"1 - h_{k}^2", 1 - values[k] ** 2))
            factors.append((rf"\frac{{\partial a_{k}}}{{\partial u}}", f"h_{k - 1}", values[k - 1]))
            value = 1.0
            for _, _, factor in factors:
                value *= factor
            cut = bool(truncate) and (t - 1) // (truncate or 1) != (k - 1) // (truncate or 1)
            terms.append(Term(t, k, tuple(factors), value, cut))
    return Ledger(tuple(values), tuple(float(loss.detach()) for loss in losses), tuple(terms), float(gradient))


def sample_inputs(batch: int, time: int, inputs: int, seed: int = 0) -> Float[Tensor, "batch time input"]:
    """Numbers to read, drawn from a seed."""
    generator = torch.Generator().manual_seed(seed + 1)
    return torch.randn(batch, time, inputs, generator=generator, dtype=torch.float64)
