"""The gradient on its way back through time: ∂L/∂h_t at every step, and where each part of it came from.

Backpropagation through time is the chain rule on the one unrolling (Werbos 1990); why it fades or grows: Bengio, Simard
and Frasconi 1994; Pascanu, Mikolov and Bengio 2013 (arXiv 1211.5063).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from seqviz.data.batch import Batch
from seqviz.errors import InputError
from seqviz.instruments.overflow import Overflow, first_infinite, forward_overflow
from seqviz.networks.network import SequenceNetwork
from seqviz.networks.objectives import OBJECTIVES
from seqviz.networks.unroll import Direction, LayerTrace, RecurrentLayer
from seqviz.specs import GATES

Loss = Callable[[Tensor, Batch], Tensor]
"""From the logits and the batch that they answer to a scalar."""
Weight = Literal["weight_ih", "weight_hh"]


@dataclass(frozen=True)
class LayerGradients:
    """The gradient in one layer and direction; detached and on the CPU.

    `hidden_grad` is ∂L/∂h_t, `cell_grad` ∂L/∂c_t (LSTM only), each with everything that step t influences.
    `direct` is the part of `hidden_grad` that reaches h_t through what reads it at step t (the head, or the layers
    above); the rest came back through time. `input_delta` is ∂L/∂(W_ih x_t + b_ih) and `recurrent_delta`
    ∂L/∂(W_hh h_{t-1} + b_hh); `inputs` are the x_t, `before` the h_{t-1} (h_{t+1} in a backward layer).
    """

    layer: int
    direction: Direction
    hidden_grad: Float[Tensor, "batch time hidden"]
    cell_grad: Float[Tensor, "batch time hidden"] | None
    direct: Float[Tensor, "batch time hidden"]
    input_delta: Float[Tensor, "batch time gates_hidden"]
    recurrent_delta: Float[Tensor, "batch time gates_hidden"]
    inputs: Float[Tensor, "batch time input"]
    before: Float[Tensor, "batch time hidden"]

    @property
    def through_time(self) -> Float[Tensor, "batch time hidden"]:
        """The part of `hidden_grad` that came back through this layer's own later steps."""
        return self.hidden_grad - self.direct

    @property
    def norms(self) -> Float[Tensor, "batch time"]:
        """‖∂L/∂h_t‖ of each sample; in float64, since float32 cannot hold the squares of what it holds."""
        return self.hidden_grad.double().norm(dim=-1)

    def samples(self, items: slice) -> "LayerGradients":
        """Some samples of the batch alone."""
        cell = None if self.cell_grad is None else self.cell_grad[items]
        parts = (self.direct, self.input_delta, self.recurrent_delta, self.inputs, self.before)
        return LayerGradients(
            self.layer, self.direction, self.hidden_grad[items], cell, *(part[items] for part in parts)
        )

    def weight_term(self, name: Weight, step: int) -> Float[Tensor, "gates_hidden columns"]:
        """What step t adds to ∂L/∂W; the sum over all steps is the whole gradient."""
        delta, read = self._sides(name)
        return delta[:, step].T @ read[:, step]

    def weight_grad(self, name: Weight) -> Float[Tensor, "gates_hidden columns"]:
        """∂L/∂W = Σ_t `weight_term(t)`."""
        delta, read = self._sides(name)
        return delta.flatten(0, 1).T @ read.flatten(0, 1)

    def term_norms(self, name: Weight) -> Float[Tensor, " time"]:
        """‖(∂L/∂W)_t‖ of each step, without building the terms: ‖Σ_b δ_b x_bᵀ‖² = Σ_bc (δ_b·δ_c)(x_b·x_c)."""
        delta, read = (side.transpose(0, 1).double() for side in self._sides(name))  # (time, batch, …)
        squares = (delta @ delta.mT) * (read @ read.mT)  # (time, batch, batch)
        return squares.sum(dim=(1, 2)).clamp(min=0).sqrt()

    def _sides(self, name: Weight) -> tuple[Tensor, Tensor]:
        return (self.input_delta, self.inputs) if name == "weight_ih" else (self.recurrent_delta, self.before)


@dataclass(frozen=True)
class GradientFlow:
    """The gradient of one loss through a whole network, layers in the order of PyTorch's `h_n`."""

    loss: float
    layers: tuple[LayerGradients, ...]
    overflow: Overflow | None


def gradient_flow(
    model: SequenceNetwork, batch: Batch, loss: Loss = OBJECTIVES["cross_entropy"].loss, *, truncate: int | None = None
) -> GradientFlow:
    """∂L/∂h_t for every layer, direction and step. No weight, mode or `param.grad` is touched.

    A loss that is a mean over the batch gives each sample 1/batch of its own gradient, one that is a sum the whole.
    Behind a sequence's end the gradient is 0.

    Args:
        loss: from the logits and the batch to a scalar; default: that of one class of several. `OBJECTIVES` has
            others.
        truncate: length of the chunks of truncated BPTT: the state crosses a chunk's border, the gradient does not.

    Raises:
        InputError: the network cannot read the batch, or `truncate` is below 1.

    >>> from seqviz import Batch, ModelSpec, build_model
    >>> model = build_model(ModelSpec.classifier("rnn", 8))
    >>> gradient_flow(model, Batch(torch.rand(2, 28, 28), torch.tensor([3, 5]))).layers[0].hidden_grad.shape
    torch.Size([2, 28, 8])
    """
    if truncate is not None and truncate < 1:
        raise InputError(f"The truncation length is {truncate}; it must be 1 or more.")
    with torch.no_grad():
        x, lengths = model.prepare(batch)
    batch = batch.to(x.device)
    layers = model.stacks["encoder"]
    x = x.detach().requires_grad_()  # the graph begins here, whether or not weights ask for one
    with torch.enable_grad():
        kept: list[dict[tuple[str, int], Tensor]] = [{} for _ in layers]
        unrolled = model.unroll(x, lengths, {"encoder": [_keep(signals) for signals in kept]}, truncate)
        value = loss(model.head(unrolled.outputs, unrolled.mask), batch)
        signals = [tensor for layer in kept for tensor in layer.values()]
        grads = torch.autograd.grad(value, [unrolled.outputs, *signals], materialize_grads=True)
    signal_grads = iter(grads[1:])
    gradients = [{key: next(signal_grads) for key in layer} for layer in kept]
    return _flow(layers, unrolled.stacks["encoder"], gradients, x.detach(), grads[0], float(value.detach()))


def summed_cross_entropy(logits: Float[Tensor, "batch answers"], batch: Batch) -> Float[Tensor, ""]:
    """A loss of which each sample's gradient is that of its own cross-entropy; one logit is that of class 1."""
    if logits.shape[1] == 1:
        return F.binary_cross_entropy_with_logits(logits[:, 0], batch.targets.to(logits), reduction="sum")
    return F.cross_entropy(logits, batch.targets, reduction="sum")


def gradient_half_life(norms: Float[Tensor, " time"], direction: Direction = "forward") -> int | None:
    """Steps from where the loss enters after which less than half of the gradient is left for good; None: nowhere.

    The loss enters a forward layer at its last step and a backward layer at its first.

    >>> gradient_half_life(torch.tensor([0.1, 0.3, 0.4, 1.0]))
    1
    """
    norms = norms if direction == "forward" else norms.flip(0)
    weak = norms < norms[-1] / 2
    gone = weak.cumprod(dim=0).sum()  # steps at the beginning that are all weak
    return int(len(norms) - gone) if gone else None


def _keep(kept: dict[tuple[str, int], Tensor]) -> Callable[[int, str, Tensor], Tensor]:
    """An intervention that changes nothing and remembers every signal as the graph knows it."""

    def intervene(step: int, signal: str, value: Tensor) -> Tensor:
        kept[signal, step] = value
        return value

    return intervene


def _flow(
    layers: Sequence[RecurrentLayer],
    traces: Sequence[LayerTrace],
    gradients: Sequence[Mapping[tuple[str, int], Tensor]],
    x: Tensor,
    head_grad: Tensor,
    loss: float,
) -> GradientFlow:
    """Put each layer's gradients together; the part that is direct comes down from what reads the layer."""
    finished: dict[int, LayerGradients] = {}
    for depth in range(layers[-1].layer, -1, -1):
        level = [index for index, layer in enumerate(layers) if layer.layer == depth]
        below = [trace.hidden for trace in traces if trace.layer == depth - 1]
        inputs = torch.cat(below, dim=-1).detach() if below else x
        directs = head_grad.chunk(len(level), dim=-1)
        for index, direct in zip(level, directs, strict=True):
            finished[index] = _layer(layers[index], traces[index], gradients[index], inputs, direct)
        down = [finished[index].input_delta.to(x) @ layers[index].weight_ih.detach() for index in level]
        head_grad = torch.stack(down).sum(dim=0)
    ordered = tuple(finished[index] for index in range(len(layers)))
    return GradientFlow(loss, ordered, _overflow(layers, traces, ordered))


def _layer(
    layer: RecurrentLayer,
    trace: LayerTrace,
    gradients: Mapping[tuple[str, int], Tensor],
    inputs: Tensor,
    direct: Tensor,
) -> LayerGradients:
    def over_time(signal: str) -> Tensor:
        return torch.stack([gradients[signal, step] for step in range(inputs.shape[1])], dim=1)

    hidden = trace.hidden.detach()
    nothing = hidden.new_zeros(len(hidden), 1, layer.hidden_size)
    backward = layer.direction == "backward"
    before = torch.cat([hidden[:, 1:], nothing] if backward else [nothing, hidden[:, :-1]], dim=1)
    deltas = {
        name: over_time(name) * _slope(name, trace.gates[name].detach())
        for name in GATES[layer.cell] or ("preactivation",)
    }
    input_delta = torch.cat(list(deltas.values()), dim=-1)
    if layer.cell == "gru":  # the new gate reads r ⊙ (W_hn h + b_hn)
        deltas = deltas | {"new": deltas["new"] * trace.gates["reset"].detach()}
    return LayerGradients(
        layer.layer,
        layer.direction,
        over_time("hidden").cpu(),
        over_time("cell").cpu() if layer.cell == "lstm" else None,
        direct.detach().cpu(),
        input_delta.cpu(),
        torch.cat(list(deltas.values()), dim=-1).cpu(),
        inputs.cpu(),
        before.cpu(),
    )


def _slope(gate: str, value: Tensor) -> Tensor | float:
    """The derivative of a gate by its sum, from its value: σ' = σ(1 - σ), tanh' = 1 - tanh²."""
    if gate == "preactivation":
        return 1.0
    return 1 - value**2 if gate in ("candidate", "new") else value * (1 - value)


def _overflow(
    layers: Sequence[RecurrentLayer], traces: Sequence[LayerTrace], gradients: Sequence[LayerGradients]
) -> Overflow | None:
    if overflow := forward_overflow(traces):
        return overflow
    for layer, gradient in reversed(list(zip(layers, gradients, strict=True))):
        step = first_infinite(gradient.hidden_grad, from_the_end=layer.direction == "forward")
        if step is not None:
            return Overflow("backward", layer.layer, step)
    return None
