"""The sequence network that every page looks into: an input, PyTorch's own recurrent layers, and a head."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from seqviz.data.batch import Batch, Inputs, Sequences, inputs_and_lengths, mask_of
from seqviz.data.vocabulary import Vocabulary
from seqviz.errors import InputError
from seqviz.networks.heads import make_head
from seqviz.networks.layers import fused_layer
from seqviz.networks.unroll import (
    Interventions,
    LayerTrace,
    RecurrentLayer,
    layer_states,
    recurrent_layers,
    unroll_stack,
)
from seqviz.specs import EmbeddingInput, ModelSpec

HiddenState = Tensor | tuple[Tensor, Tensor]
"""What PyTorch's layers hand on: `h_n` `(layers, batch, hidden)`, and with an LSTM `(h_n, c_n)`."""


@dataclass(frozen=True)
class Unrolled:
    """A network applied one step after another: every layer's signals by stack, and what the head reads.

    Each stack is in the order of PyTorch's `h_n`. The answer is `model.head(outputs, mask)`.
    """

    stacks: Mapping[str, tuple[LayerTrace, ...]]
    outputs: Float[Tensor, "batch time outputs"]
    mask: Bool[Tensor, "batch time"] | None


class SequenceNetwork(nn.Module):
    """An embedding where tokens are read, then `nn.RNN`, `nn.GRU` or `nn.LSTM`, then a head.

    >>> network = SequenceNetwork(ModelSpec.classifier("gru", 32))
    >>> network(torch.zeros(5, 28, 28)).shape
    torch.Size([5, 10])
    >>> network = SequenceNetwork(ModelSpec.language_model("abc"))
    >>> network(torch.tensor([[0, 1, 2, 0]])).shape
    torch.Size([1, 4, 3])
    """

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        self.spec = spec
        self.embedding: nn.Embedding | None = None
        if isinstance(spec.input, EmbeddingInput):
            self.embedding = nn.Embedding(len(spec.input.vocabulary), spec.input.size)
        self.encoder = fused_layer(spec.encoder, spec.input.size)
        self.head = make_head(spec)
        self.tie_weights()

    def tie_weights(self) -> None:
        """Let the head and the embedding share one matrix, where the spec says so."""
        if self.spec.head.tied:
            assert self.embedding is not None
            self.head.weight = self.embedding.weight

    @property
    def dropout(self) -> float:
        """The share of numbers that training drops between layers."""
        return self.spec.encoder.dropout

    @property
    def vocabulary(self) -> Vocabulary:
        """The characters that the network reads."""
        if self.spec.characters is None:
            raise InputError("This network reads no characters; choose one that has learned a text.")
        return Vocabulary(self.spec.characters)

    @property
    def stacks(self) -> dict[str, tuple[RecurrentLayer, ...]]:
        """The recurrent layers, by the part that they belong to, as views that `unroll` takes."""
        return {"encoder": recurrent_layers(self.encoder)}

    def forward(self, inputs: Inputs, lengths: Int[Tensor, " batch"] | None = None) -> Tensor:
        """The logits: one answer a sequence `(batch, answers)`, or one a step `(batch, time, answers)`."""
        return self.forward_from(inputs, None, lengths)[0]

    def forward_from(
        self, inputs: Inputs, state: HiddenState | None, lengths: Int[Tensor, " batch"] | None = None
    ) -> tuple[Tensor, HiddenState]:
        """The logits of sequences that go on from a state (None: zeros), and the state that they end in."""
        outputs, state = self.encode(self.embed(inputs), state, lengths)
        return self.answer(outputs, lengths), state

    def answers(self, batch: Batch, state: HiddenState | None = None) -> tuple[Tensor, HiddenState]:
        """The logits for a batch, and the state to go on from."""
        return self.forward_from(batch.inputs, state, batch.lengths)

    def embed(self, inputs: Inputs) -> Float[Tensor, "batch time input"]:
        """What the recurrent layers read: the tokens' vectors, or the numbers as they are."""
        return inputs if self.embedding is None else self.embedding(inputs)

    def encode(
        self,
        x: Float[Tensor, "batch time input"],
        state: HiddenState | None = None,
        lengths: Int[Tensor, " batch"] | None = None,
    ) -> tuple[Float[Tensor, "batch time outputs"], HiddenState]:
        """The last layer's hidden states, and the state that each sequence ends in, through PyTorch's fused layers.

        Sequences of different lengths are packed; behind a sequence's end the outputs are 0.
        """
        return encode(self.encoder, x, state, lengths)

    def answer(
        self, outputs: Float[Tensor, "batch time outputs"], lengths: Int[Tensor, " batch"] | None = None
    ) -> Tensor:
        """The logits from the last layer's hidden states; the head does not look behind a sequence's end."""
        return self.head(outputs, _mask(outputs, lengths))

    def prepare(self, sequences: Sequences) -> tuple[Float[Tensor, "batch time input"], Tensor | None]:
        """What `unroll` takes: checked, on the network's device, and embedded; with the lengths.

        Raises:
            InputError: the network cannot read it.
        """
        inputs, lengths = inputs_and_lengths(sequences)
        self.check(inputs, lengths)
        weight = self.head.weight
        return (inputs.to(weight) if self.embedding is None else self.embed(inputs.to(weight.device))), lengths

    def prepare_one(self, sequence: Sequences) -> Float[Tensor, "1 time input"]:
        """`prepare` for an instrument that looks at one sequence; padding is cut off.

        Raises:
            InputError: there are several, or this network cannot read it.
        """
        x, lengths = self.prepare(sequence)
        if len(x) != 1:
            raise InputError(f"The input has {len(x)} sequences; this instrument looks at one.")
        return x if lengths is None else x[:, : int(lengths[0])]

    def unroll(
        self,
        inputs: Float[Tensor, "batch time input"],
        lengths: Int[Tensor, " batch"] | None = None,
        interventions: Mapping[str, Interventions] | None = None,
        truncate: int | None = None,
        state: HiddenState | None = None,
    ) -> Unrolled:
        """The recurrent layers through the one unrolling, from inputs that are embedded already, without dropout.

        `state` is where they start, as PyTorch writes it: `h_0` `(layers, batch, hidden)`, of an LSTM `(h_0, c_0)`.
        """
        encoder = self.stacks["encoder"]
        changes = (interventions or {}).get("encoder", ())
        states = None if state is None else layer_states(state, len(encoder))
        traces, outputs = unroll_stack(encoder, inputs, changes, truncate, lengths, states)
        return Unrolled({"encoder": traces}, outputs, _mask(outputs, lengths))

    def check(self, inputs: Tensor, lengths: Tensor | None = None) -> None:
        """Refuse inputs that this network cannot read.

        Raises:
            InputError: wrong shape or kind, a length that a concat head has no weights for, a token that is not in the
                vocabulary, or a value that is no number.
        """
        if isinstance(self.spec.input, EmbeddingInput):
            check_tokens(inputs, len(self.spec.input.vocabulary))
        else:
            _check_numbers(inputs, self.spec.input.size)
        self.head.check(inputs.shape[1], lengths)


def encode(
    rnn: nn.RNNBase,
    x: Float[Tensor, "batch time input"],
    state: HiddenState | None = None,
    lengths: Int[Tensor, " batch"] | None = None,
) -> tuple[Float[Tensor, "batch time outputs"], HiddenState]:
    """PyTorch's fused layers on sequences of any lengths, packed where they differ."""
    if lengths is None or bool((lengths == x.shape[1]).all()):
        return rnn(x, state)
    packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    outputs, state = rnn(packed, state)
    return pad_packed_sequence(outputs, batch_first=True, total_length=x.shape[1])[0], state


def detached(state: HiddenState) -> HiddenState:
    """The same numbers, through which no gradient flows."""
    return (state[0].detach(), state[1].detach()) if isinstance(state, tuple) else state.detach()


def _mask(outputs: Float[Tensor, "batch time outputs"], lengths: Tensor | None) -> Tensor | None:
    """Which steps a head may read; None where all sequences are as long as the tensor."""
    if lengths is None or bool((lengths == outputs.shape[1]).all()):
        return None
    return mask_of(lengths, outputs.shape[1]).to(outputs.device)


def _check_numbers(inputs: Tensor, size: int) -> None:
    if inputs.ndim != 3 or inputs.shape[2] != size or 0 in inputs.shape[:2]:
        raise InputError(
            f"The input has shape {tuple(inputs.shape)}; this network reads (batch, time, {size}). "
            "Add the missing axis with x[None] or pass rows of the right length."
        )
    if not torch.isfinite(inputs).all():
        raise InputError("The input contains NaN or infinity. Replace those values before the network reads them.")


def check_tokens(inputs: Tensor, count: int) -> None:
    """Refuse what is no batch of tokens of a vocabulary of this size.

    Raises:
        InputError: wrong shape or kind, or a token that is not in the vocabulary.
    """
    if inputs.ndim != 2 or inputs.is_floating_point() or 0 in inputs.shape:
        raise InputError(
            f"The input has shape {tuple(inputs.shape)} of {inputs.dtype}; this network reads tokens (batch, time), "
            "whole numbers."
        )
    low, high = int(inputs.min()), int(inputs.max())
    if low < 0 or high >= count:
        raise InputError(f"The input has tokens from {low} to {high}; this network's go from 0 to {count - 1}.")
