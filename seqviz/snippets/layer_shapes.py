"""Programs about the tensors of PyTorch's recurrent layers."""

from collections.abc import Sequence

from seqviz.instruments.layer_shapes import FORMULAS
from seqviz.palette import CELL_NAMES
from seqviz.specs import Cell, RecurrentSpec

LETTERS: dict[Cell, str] = {"rnn": "", "gru": "rzn", "lstm": "ifgo"}


def layer_lines(spec: RecurrentSpec, inputs: int, batch: int, time: int, seed: int) -> list[str]:
    """The layer with its weights, and what it reads."""
    options = f"{inputs}, {spec.hidden_size}"
    if spec.num_layers > 1:
        options += f", num_layers={spec.num_layers}"
    if spec.bidirectional:
        options += ", bidirectional=True"
    return [
        "import torch",
        "from torch import nn",
        "",
        f"layer = nn.{CELL_NAMES[spec.cell]}({options}, batch_first=True).double()",
        f"generator, bound = torch.Generator().manual_seed({seed}), {spec.hidden_size} ** -0.5  # PyTorch's own bound",
        "with torch.no_grad():",
        "    for parameter in layer.parameters():",
        "        parameter.uniform_(-bound, bound, generator=generator)",
        f"drawn = torch.Generator().manual_seed({seed + 1})",
        f"x = torch.randn({batch}, {time}, {inputs}, generator=drawn, dtype=torch.float64)  # (N, L, input)",
    ]


def layer_weights(spec: RecurrentSpec, inputs: int, seed: int) -> str:
    """Every parameter with its shape."""
    lines = [
        *layer_lines(spec, inputs, 1, 1, seed)[:-2],
        "shapes = {name: tuple(parameter.shape) for name, parameter in layer.named_parameters()}",
        "count = sum(parameter.numel() for parameter in layer.parameters())",
        "print(shapes, count)",
    ]
    return "\n".join([*lines, ""])


def written_out(spec: RecurrentSpec, inputs: int, batch: int, time: int, seed: int) -> str:
    """The loop beside the fused call."""
    letters, cell = LETTERS[spec.cell], spec.cell
    split = []
    for side in "ih":
        if letters:
            names = ", ".join(f"W_{side}{letter}" for letter in letters)
            biases = ", ".join(f"b_{side}{letter}" for letter in letters)
            width = "input" if side == "i" else "hidden"
            split += [
                f"{names} = layer.weight_{side}h_l0.chunk({len(letters)})  # each (hidden, {width})",
                f"{biases} = layer.bias_{side}h_l0.chunk({len(letters)})",
            ]
        else:
            split.append(f"W_{side}h, b_{side}h = layer.weight_{side}h_l0, layer.bias_{side}h_l0")
    state = [f"h = torch.zeros({batch}, {spec.hidden_size}, dtype=torch.float64)  # (N, hidden)"]
    if cell == "lstm":
        state.append("c = torch.zeros_like(h)")
    lines = [
        *layer_lines(spec, inputs, batch, time, seed),
        "",
        *split,
        *state,
        "states = []",
        "with torch.no_grad():",
        f"    for step in range({time}):",
        "        x_t = x[:, step]  # (N, input)",
        *(f"        {name} = {formula.replace('x @', 'x_t @')}" for name, formula in FORMULAS[cell].items()),
        "        states.append(h)",
        "    output, _ = layer(x)",
        "print((torch.stack(states, dim=1) - output).abs().max())  # the fused layer gives the same",
    ]
    return "\n".join([*lines, ""])


def layer_ends(spec: RecurrentSpec, inputs: int, batch: int, time: int, seed: int) -> str:
    """`output`, `h_n` and `c_n`, and where `output[:, -1]` differs from the states."""
    ends = "output, (h_n, c_n)" if spec.cell == "lstm" else "output, h_n"
    lines = [
        *layer_lines(spec, inputs, batch, time, seed),
        "with torch.no_grad():",
        f"    {ends} = layer(x)",
        f"state = torch.cat(list(h_n[-{spec.directions}:]), dim=-1)  # (N, D · hidden): the last layer's directions",
        "print(output.shape, h_n.shape, output[:, -1] == state)",
    ]
    return "\n".join([*lines, ""])


def ledger(w: float, u: float, inputs: Sequence[float], targets: Sequence[float], truncate: int | None) -> str:
    """The gradient of one unit by autograd, and way by way."""
    cut = f"    if step % {truncate} == 0:\n        h = h.detach()" if truncate else ""
    lines = [
        "import torch",
        "",
        f"x, y = {list(inputs)}, {list(targets)}",
        f"w, u = {w}, torch.tensor({u}, dtype=torch.float64, requires_grad=True)",
        "h, states, loss = torch.tensor(0.5, dtype=torch.float64), [0.5], 0.0",
        f"for step in range({len(inputs)}):",
        *([cut] if cut else []),
        "    h = torch.tanh(w * x[step] + u * h)",
        "    states.append(h.item())",
        "    loss = loss + (h - y[step]) ** 2 / 2",
        "loss.backward()",
        "",
        "total = 0.0",
        f"for t in range(1, {len(inputs) + 1}):",
        "    way = states[t] - y[t - 1]  # ∂L_t/∂h_t",
        "    for k in range(t, 0, -1):",
    ]
    if truncate:
        lines += [f"        if (t - 1) // {truncate} != (k - 1) // {truncate}:", "            break  # cut"]
    lines += [
        "        total += way * (1 - states[k] ** 2) * states[k - 1]",
        "        way *= u.item() * (1 - states[k] ** 2)  # one step further back",
        "print(u.grad.item(), total)",
    ]
    return "\n".join([*lines, ""])
