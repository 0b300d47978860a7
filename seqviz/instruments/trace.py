"""The trace: every hidden state, cell state and gate while a network reads, and its answer after each step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqviz.data.batch import Batch, Sequences
from seqviz.instruments.edits import Edit, interventions
from seqviz.instruments.overflow import Overflow, forward_overflow
from seqviz.networks.answers import class_shares
from seqviz.networks.heads import AttentionHead, ConcatHead
from seqviz.networks.network import SequenceNetwork, Unrolled
from seqviz.networks.unroll import Interventions, LayerTrace


@dataclass(frozen=True)
class Trace:
    """What happened inside a network while it read a batch; detached and on the CPU.

    `stacks` holds each stack's layers in the order of PyTorch's `h_n`. `prefix_logits[:, t]` is what the head answers
    when only the steps 0..t have been read; the last one equals `logits`, but for a head that answers at each step.
    `attention` is the weight of each step in an attention head. With `lengths`, what stands behind a sequence's end
    does not belong to it.
    """

    stacks: Mapping[str, tuple[LayerTrace, ...]]
    logits: Float[Tensor, "batch *steps answers"]
    prefix_logits: Float[Tensor, "batch time answers"]
    attention: Float[Tensor, "batch time"] | None = None
    lengths: Int[Tensor, " batch"] | None = None

    @property
    def layers(self) -> tuple[LayerTrace, ...]:
        """The layers of the encoder."""
        return self.stacks["encoder"]

    @property
    def overflow(self) -> Overflow | None:
        """The first hidden state that is not finite."""
        return forward_overflow(self.layers)

    @property
    def probabilities(self) -> Float[Tensor, "batch time classes"]:
        """The share of each class after each step: for a network whose answer is one class of two or more."""
        return class_shares(self.prefix_logits)


def trace(model: SequenceNetwork, sequences: Sequences, edits: Sequence[Edit] = ()) -> Trace:
    """Read sequences step by step and keep every signal. The model's mode, weights and gradients are never touched.

    `edits` operate on the signals while they are computed; they apply one after another, in the order given.

    Raises:
        InputError: this network cannot read the sequences, or an edit names what it does not have.

    >>> from seqviz import ModelSpec, build_model
    >>> lstm = trace(build_model(ModelSpec.classifier("lstm", 8)), torch.zeros(1, 28, 28)).layers[0]
    >>> list(lstm.gates), lstm.cell.shape
    (['input', 'forget', 'candidate', 'output'], torch.Size([1, 28, 8]))
    """
    with torch.no_grad():
        x, lengths = model.prepare(sequences)
        changes = interventions(edits, model.stacks, x)
        unrolled = model.unroll(x, lengths, changes)
        logits = model.head(unrolled.outputs, unrolled.mask).cpu()
        prefix_logits = _prefix_logits(model, x, lengths, unrolled, changes).cpu()
        attention = None
        if isinstance(model.head, AttentionHead):
            attention = model.head.attention(unrolled.outputs, unrolled.mask).cpu()
    stacks = {name: tuple(layer.detached() for layer in layers) for name, layers in unrolled.stacks.items()}
    return Trace(stacks, logits, prefix_logits, attention, lengths)


def layer_traces(model: SequenceNetwork, sequences: Sequences) -> tuple[LayerTrace, ...]:
    """The encoder's layers of a trace without its answers: quicker, where many sequences are read."""
    with torch.no_grad():
        x, lengths = model.prepare(sequences)
        layers = model.unroll(x, lengths).stacks["encoder"]
    return tuple(layer.detached() for layer in layers)


STATES = 10_000_000
"""Hidden states that are kept at a time where many sequences are read; an LSTM has six signals of that many numbers."""


def at_once(model: SequenceNetwork, split: Batch, most: int) -> int:
    """How many sequences of a split may be traced side by side: `most`, or fewer where they are long or layers wide."""
    encoder = model.spec.encoder
    return max(1, min(most, STATES // (split.time * encoder.outputs * encoder.num_layers)))


def settled_step(probabilities: Float[Tensor, "batch time classes"]) -> Int[Tensor, " batch"]:
    """The first step from which the most probable class no longer changes.

    >>> settled_step(torch.tensor([[[0.9, 0.1], [0.2, 0.8], [0.4, 0.6]]]))
    tensor([1])
    """
    answers = probabilities.argmax(dim=-1)  # (batch, time)
    agrees = answers == answers[:, -1:]
    return agrees.flip(dims=(1,)).cumprod(dim=1).sum(dim=1).neg() + agrees.shape[1]


def _prefix_logits(
    model: SequenceNetwork,
    x: Tensor,
    lengths: Tensor | None,
    unrolled: Unrolled,
    changes: Mapping[str, Interventions],
) -> Float[Tensor, "batch time answers"]:
    if not model.spec.encoder.bidirectional:
        return model.head.prefix_logits(unrolled.outputs, unrolled.mask)
    # A backward layer starts at the last step read, so each prefix is read anew.
    if not any(map(any, changes.values())) and not isinstance(model.head, ConcatHead):
        return prefix_answers(model, x, lengths)
    steps = range(1, x.shape[1] + 1)
    return torch.stack([_prefix_answer(model, x, lengths, count, changes) for count in steps], dim=1)


def prefix_answers(
    model: SequenceNetwork, x: Float[Tensor, "batch time input"], lengths: Int[Tensor, " batch"] | None = None
) -> Float[Tensor, "batch time answers"]:
    """What a network answers when only the steps up to each have been read: all prefixes as one batch, packed."""
    count, time = x.shape[:2]
    ends = torch.arange(1, time + 1).expand(count, time)
    if lengths is not None:
        ends = ends.minimum(lengths[:, None])
    read = ends.flatten()
    outputs, _ = model.encode(x.repeat_interleave(time, dim=0), lengths=read)
    logits = model.answer(outputs, read)
    if logits.ndim == 3:  # an answer at each step
        logits = logits[torch.arange(len(read)), read - 1]
    return logits.unflatten(0, (count, time))


def _prefix_answer(
    model: SequenceNetwork, x: Tensor, lengths: Tensor | None, count: int, changes: Mapping[str, Interventions]
) -> Float[Tensor, "batch answers"]:
    """What the network answers when it has read `count` steps, or the whole of a shorter sequence."""
    lengths = None if lengths is None else lengths.clamp(max=count)
    unrolled = model.unroll(x[:, :count], lengths, changes)
    if isinstance(model.head, ConcatHead):  # it has weights for steps that are not there yet
        return model.head.contributions(unrolled.outputs).sum(dim=1) + model.head.bias
    logits = model.head(unrolled.outputs, unrolled.mask)
    if logits.ndim == 2:
        return logits
    last = torch.full((len(x),), count) if lengths is None else lengths
    return logits[torch.arange(len(x)), last - 1]
