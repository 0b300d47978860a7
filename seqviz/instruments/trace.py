"""The trace: every hidden state, cell state and gate while a network reads, and its answer after each row."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqviz.instruments.edits import Edit, interventions
from seqviz.networks.classifier import SequenceClassifier
from seqviz.networks.unroll import Intervention, LayerTrace, recurrent_layers, unroll_stack

Changes = tuple[Intervention | None, ...]


@dataclass(frozen=True)
class Trace:
    """What happened inside a network while it read a batch; detached and on the CPU.

    `layers` is in the order of PyTorch's `h_n`. `prefix_logits[:, t]` is what the head answers when only the rows
    0..t have been read; its last step equals `logits`. `attention` is the weight of each step in an attention head.
    """

    layers: tuple[LayerTrace, ...]
    logits: Float[Tensor, "batch classes"]
    prefix_logits: Float[Tensor, "batch time classes"]
    attention: Float[Tensor, "batch time"] | None = None

    @property
    def probabilities(self) -> Float[Tensor, "batch time classes"]:
        return self.prefix_logits.softmax(dim=-1)


def trace(model: SequenceClassifier, x: Float[Tensor, "batch time input"], edits: Sequence[Edit] = ()) -> Trace:
    """Read `x` step by step and keep every signal. The model's mode, weights and gradients are never touched.

    `edits` operate on the signals while they are computed; they apply one after another, in the order given.

    Raises:
        InputError: `x` is not something this network can read, or an edit names what it does not have.

    >>> from seqviz.networks.build import build_model
    >>> from seqviz.specs import ModelSpec
    >>> lstm = trace(build_model(ModelSpec(cell="lstm", hidden_size=8)), torch.zeros(1, 28, 28)).layers[0]
    >>> list(lstm.gates), lstm.cell.shape
    (['input', 'forget', 'candidate', 'output'], torch.Size([1, 28, 8]))
    """
    model.check(x)
    x = x.to(model.head.weight)  # its device and dtype
    recurrent = recurrent_layers(model.rnn)
    changes = interventions(edits, recurrent, x)
    with torch.no_grad():
        layers, outputs = unroll_stack(recurrent, x, changes)
        logits = model.head(model.read(outputs))
        prefix_logits = _prefix_logits(model, x, outputs, changes)
        attention = model.attention(outputs).cpu() if model.spec.head == "attention" else None
    return Trace(tuple(layer.detached() for layer in layers), logits.cpu(), prefix_logits.cpu(), attention)


def layer_traces(model: SequenceClassifier, x: Float[Tensor, "batch time input"]) -> tuple[LayerTrace, ...]:
    """The layers of a trace without its answers: quicker, where many sequences are read for their hidden states."""
    model.check(x)
    with torch.no_grad():
        layers, _ = unroll_stack(recurrent_layers(model.rnn), x.to(model.head.weight))
    return tuple(layer.detached() for layer in layers)


def settled_step(probabilities: Float[Tensor, "batch time classes"]) -> Int[Tensor, " batch"]:
    """The first step from which the most probable class no longer changes.

    >>> settled_step(torch.tensor([[[0.9, 0.1], [0.2, 0.8], [0.4, 0.6]]]))
    tensor([1])
    """
    answers = probabilities.argmax(dim=-1)  # (batch, time)
    agrees = answers == answers[:, -1:]
    return agrees.flip(dims=(1,)).cumprod(dim=1).sum(dim=1).neg() + agrees.shape[1]


def _prefix_logits(
    model: SequenceClassifier, x: Tensor, outputs: Tensor, changes: Changes
) -> Float[Tensor, "batch time classes"]:
    if model.spec.bidirectional:  # the backward layer starts at the last row read, so each prefix is read anew
        return torch.stack([_read_prefix(model, x[:, : step + 1], changes) for step in range(x.shape[1])], dim=1)
    return model.prefix_logits(outputs)


def _read_prefix(model: SequenceClassifier, prefix: Tensor, changes: Changes) -> Float[Tensor, "batch classes"]:
    _, outputs = unroll_stack(recurrent_layers(model.rnn), prefix, changes)
    if model.spec.head == "concat":  # it has weights for rows that are not there yet
        return model.votes(outputs).sum(dim=1) + model.head.bias
    return model.head(model.read(outputs))
