"""How one state depends on an earlier one: the singular values of ∂h_T/∂h_t, beside what theory allows.

For an RNN ‖∂h_T/∂h_t‖₂ ≤ (γλ)^(T-t), where γ is the largest slope of the activation and λ = ‖W_hh‖₂ (Pascanu, Mikolov
and Bengio 2013, arXiv 1211.5063).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor
from torch.func import vjp, vmap
from torch.nn import functional as F

from seqviz.data.batch import Sequences
from seqviz.errors import InputError
from seqviz.instruments.overflow import forward_overflow
from seqviz.networks.network import SequenceNetwork
from seqviz.networks.unroll import LayerTrace, RecurrentLayer, State
from seqviz.specs import MEMORY_GATES

CHUNK = 64  # rows of a Jacobian that are carried at once


@dataclass(frozen=True)
class StateJacobians:
    """One layer's Jacobians ∂h_T/∂h_t by distance; distance 0 is the identity. Float64.

    Entry k is at `distances[k]` steps from T, at step t = `steps[k]`. For an LSTM ∂h_T/∂h_t holds c_t fixed, and
    `joint` has the singular values of the whole state's Jacobian ∂(h_T, c_T)/∂(h_t, c_t).

    Args:
        slope: γ, the largest |φ'| that the activation met on the way (RNN), else 1.
        weight_norm: λ = ‖W_hh‖₂; of an LSTM or GRU all gates' rows together.
        spectral_radius: ρ(W_hh) of an RNN; of an LSTM or GRU that of the candidate's (new gate's) rows.
        memory_path: the product of the forget (update) gates from t to T; what the cell (hidden) state keeps of
            itself if no gate depended on the state. None for an RNN.
    """

    layer: int
    to_step: int
    steps: tuple[int, ...]
    distances: tuple[int, ...]
    singular_values: Float[Tensor, "batch distance hidden"]
    joint: Float[Tensor, "batch distance both"] | None
    slope: float
    weight_norm: float
    spectral_radius: float
    memory_path: Float[Tensor, "batch distance hidden"] | None

    @property
    def bound(self) -> Float[Tensor, " distance"] | None:
        """(γλ)^(T-t), which no singular value of an RNN exceeds; None for gated cells."""
        if self.memory_path is not None:
            return None
        return torch.tensor(self.slope * self.weight_norm, dtype=torch.float64) ** torch.tensor(self.distances)


def state_jacobians(
    model: SequenceNetwork,
    sequences: Sequences,
    layer: int = 0,
    to_step: int | None = None,
    every: int = 1,
) -> StateJacobians:
    """The Jacobians from every earlier step to `to_step` (default: the last one read), exact, in float64.

    Rows of the Jacobian are carried back one step at a time with `torch.func`, so that memory does not grow with time.
    Singular values, which cost most, are taken at every `every`-th distance.

    Raises:
        InputError: there is no such layer or step, the network cannot read the sequences, their lengths differ, or the
            states overflow.
    """
    with torch.no_grad():
        x, lengths = model.prepare(sequences)
    if lengths is not None:
        if int(lengths.min()) < int(lengths.max()):
            raise InputError("The sequences differ in length, and so in their last steps; pass them one by one.")
        x = x[:, : int(lengths[0])]
    layers = model.stacks["encoder"]
    if not 0 <= layer < len(layers):
        raise InputError(f"There is no layer {layer}; this network has layers 0 to {len(layers) - 1}.")
    time = x.shape[1]
    forward = layers[layer].direction == "forward"
    last = time - 1 if forward else 0
    to_step = last if to_step is None else to_step
    if not 0 <= to_step < time:
        raise InputError(f"There is no step {to_step}; this sequence has steps 0 to {time - 1}.")
    with torch.no_grad():
        traces = model.unroll(x).stacks["encoder"]
        if overflow := forward_overflow(traces):
            raise InputError(f"{overflow} So there are no Jacobians to look at.")
        view = _in_float64(layers[layer])
        inputs = _read_by(view, x, traces).double()
        from_input = F.linear(inputs, view.weight_ih, view.bias_ih)  # (batch, time, gates * hidden)
        steps = tuple(range(to_step, -1, -1) if forward else range(to_step, time))
        carried = [_carry(view, from_input[item], traces[layer], item, steps, every) for item in range(len(x))]
    distances = tuple(range(0, len(steps), every))
    return StateJacobians(
        layer,
        to_step,
        tuple(steps[distance] for distance in distances),
        distances,
        torch.stack([hidden for hidden, _ in carried]).cpu(),
        torch.stack([joint for _, joint in carried]).cpu() if view.cell == "lstm" else None,
        _slope(view, traces[layer], steps[:-1]),
        spectral_norm(view),
        spectral_radius(view),
        _memory_path(view, traces[layer], steps, every),
    )


def spectral_norm(layer: RecurrentLayer) -> float:
    """λ = ‖W_hh‖₂, the largest singular value; of an LSTM or GRU that of all gates' rows together."""
    return float(torch.linalg.matrix_norm(layer.weight_hh.detach().double(), 2))


def spectral_radius(layer: RecurrentLayer) -> float:
    """ρ(W_hh), the largest |eigenvalue|; of an LSTM or GRU that of the rows that write new content."""
    blocks = layer.weight_hh.detach().double().split(layer.hidden_size)
    square = blocks[{"rnn": 0, "gru": 2, "lstm": 2}[layer.cell]]
    return float(torch.linalg.eigvals(square).abs().max())


def _carry(
    layer: RecurrentLayer, from_input: Tensor, trace: LayerTrace, item: int, steps: tuple[int, ...], every: int
) -> tuple[Float[Tensor, "distance hidden"], Float[Tensor, "distance both"]]:
    """Singular values at every distance, of ∂h_T/∂h_t and of the whole state's Jacobian."""
    hidden = layer.hidden_size
    width = 2 * hidden if layer.cell == "lstm" else hidden
    rows = torch.eye(width, dtype=torch.float64, device=from_input.device)
    own, joint = [torch.linalg.svdvals(rows[:hidden, :hidden])], [torch.linalg.svdvals(rows)]
    for distance, (after, before) in enumerate(pairwise(steps), start=1):
        state = _packed(trace, item, before).to(rows)
        back = vjp(_step(layer, from_input[after]), state)[1]
        rows = vmap(lambda row, back=back: back(row)[0], chunk_size=CHUNK)(rows)
        if distance % every:
            continue
        own.append(torch.linalg.svdvals(rows[:hidden, :hidden]))
        joint.append(torch.linalg.svdvals(rows) if layer.cell == "lstm" else own[-1])
    return torch.stack(own), torch.stack(joint)


def _step(layer: RecurrentLayer, from_input: Tensor) -> Callable[[Tensor], Tensor]:
    """One step of the cell as a function of the packed state `(hidden,)`, or `(hidden + cell,)` of an LSTM."""

    def step(packed: Tensor) -> Tensor:
        parts = packed[None].split(layer.hidden_size, dim=1)
        _, state = layer.step(from_input[None], State(*parts))
        return torch.cat([part for part in state if part is not None], dim=1)[0]

    return step


def _packed(trace: LayerTrace, item: int, step: int) -> Tensor:
    parts = [trace.hidden[item, step]] + ([] if trace.cell is None else [trace.cell[item, step]])
    return torch.cat(parts)


def _in_float64(layer: RecurrentLayer) -> RecurrentLayer:
    return replace(
        layer,
        weight_ih=layer.weight_ih.detach().double(),
        weight_hh=layer.weight_hh.detach().double(),
        bias_ih=layer.bias_ih.detach().double(),
        bias_hh=layer.bias_hh.detach().double(),
    )


def _read_by(layer: RecurrentLayer, x: Tensor, traces: tuple[LayerTrace, ...]) -> Tensor:
    below = [trace.hidden for trace in traces if trace.layer == layer.layer - 1]
    return torch.cat(below, dim=-1) if below else x


def _slope(layer: RecurrentLayer, trace: LayerTrace, steps: tuple[int, ...]) -> float:
    if layer.cell != "rnn" or not steps:
        return 1.0
    hidden = trace.hidden[:, list(steps)].double()
    slopes = (hidden > 0).double() if layer.nonlinearity == "relu" else 1 - hidden**2
    return float(slopes.max())


def _memory_path(
    layer: RecurrentLayer, trace: LayerTrace, steps: tuple[int, ...], every: int
) -> Float[Tensor, "batch distance hidden"] | None:
    if layer.cell == "rnn":
        return None
    gate = trace.gates[MEMORY_GATES[layer.cell]][:, list(steps)].double()
    whole = torch.cat([torch.ones_like(gate[:, :1]), gate[:, :-1]], dim=1)
    return whole.cumprod(dim=1)[:, ::every].cpu()
