"""One sequence into another: what reads, what writes, and the attention between them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from seqviz.data.batch import Batch, Inputs, Sequences, inputs_and_lengths, mask_of
from seqviz.data.tokens import END, Tokens
from seqviz.errors import InputError
from seqviz.networks.attention import Attention, Weights
from seqviz.networks.layers import fused_layer
from seqviz.networks.network import HiddenState, check_tokens, encode
from seqviz.networks.unroll import (
    Interventions,
    LayerTrace,
    RecurrentLayer,
    Step,
    layer_states,
    recurrent_layers,
    unroll_stack,
    unroll_steps,
)
from seqviz.specs import EmbeddingInput, EncoderDecoderSpec, PictureInput

Choose = Callable[[int, Float[Tensor, "batch tokens"]], Int[Tensor, " batch"]]
"""Called with the step and the logits; gives the tokens that are written."""

Redirect = Callable[[int, Weights], Weights]
"""Called with the step and the attention `(batch, 1, places)`; what it returns is used."""


@dataclass(frozen=True)
class Reading:
    """What the decoder is given: features at each place of what was read, which of them are no padding, and the state
    that it begins with, one for each layer."""

    features: Float[Tensor, "batch places features"]
    mask: Bool[Tensor, "batch places"] | None
    state: HiddenState
    layers: tuple[LayerTrace, ...] = ()
    """Every signal of the encoder, where it was unrolled step by step."""


@dataclass(frozen=True)
class DecoderStep:
    """One token as it is written: each layer's step, the attention `(batch, places)`, the logits, and the choice."""

    layers: tuple[Step, ...]
    attention: Float[Tensor, "batch places"] | None
    logits: Float[Tensor, "batch tokens"]
    tokens: Int[Tensor, " batch"]


class PictureEncoder(nn.Module):
    """Three 3×3 convolutions, each of which halves the sides, then a grid of features, each place normalised.

    A learned vector is added at each place, since attention alone does not know where it looks.
    """

    def __init__(self, spec: PictureInput) -> None:
        channels = (1, spec.channels // 4, spec.channels // 2, spec.channels)
        layers: list[nn.Module] = []
        for before, after in pairwise(channels):
            layers += [nn.Conv2d(before, after, 3, stride=2, padding=1), nn.ReLU()]
        super().__init__()
        self.layers = nn.Sequential(*layers)
        self.norm = nn.LayerNorm(spec.channels)
        self.places = nn.Parameter(torch.zeros(spec.grid**2, spec.channels))

    def forward(self, pictures: Float[Tensor, "batch rows columns"]) -> Float[Tensor, "batch places channels"]:
        features = self.layers(pictures[:, None])  # (batch, channels, grid, grid)
        return self.norm(features.flatten(start_dim=2).mT) + self.places


class EncoderDecoder(nn.Module):
    """An encoder (recurrent, or convolutions), a bridge to the decoder's first state, a decoder, and a head.

    In training the decoder reads the right answers, one step late (teacher forcing), through PyTorch's fused layers;
    `write` reads its own, through the one unrolling.

    >>> spec = EncoderDecoderSpec.translator("\\nab", ("<end>", "one", "two"), hidden_size=16)
    >>> network = EncoderDecoder(spec)
    >>> network(torch.tensor([[1, 2, 1]]), torch.tensor([[2, 0]])).shape
    torch.Size([1, 2, 3])
    """

    dropout = 0.0

    def __init__(self, spec: EncoderDecoderSpec) -> None:
        super().__init__()
        self.spec = spec
        decoder, hidden = spec.decoder, spec.decoder.hidden_size
        if isinstance(spec.input, PictureInput):
            self.encoder: nn.Module = PictureEncoder(spec.input)
        else:
            assert spec.encoder is not None
            self.embedding = nn.Embedding(len(spec.input.vocabulary), spec.input.size)
            self.encoder = fused_layer(spec.encoder, spec.input.size)
        states = 2 if decoder.cell == "lstm" else 1
        self.bridge = nn.Linear(self._summary_size, states * decoder.num_layers * hidden)
        self.target_embedding = nn.Embedding(len(decoder.vocabulary), decoder.embedding_size)
        self.decoder = fused_layer(decoder.layers, decoder.embedding_size)
        self.attention = None if decoder.attention == "none" else Attention(spec)
        self.head = nn.Linear(hidden, len(decoder.vocabulary))

    @property
    def _summary_size(self) -> int:
        """Numbers of what was read that the bridge turns into the first state: the ends of a text, the whole grid."""
        grid = self.spec.input
        return grid.grid**2 * grid.channels if isinstance(grid, PictureInput) else self.spec.read_features

    @property
    def source(self) -> Tokens:
        """What it reads, of a network that reads tokens."""
        if not isinstance(self.spec.input, EmbeddingInput):
            raise InputError("This network reads pictures and no text; give it a picture.")
        return Tokens(self.spec.input.vocabulary)

    @property
    def target(self) -> Tokens:
        """What it writes."""
        return Tokens(self.spec.decoder.vocabulary)

    @property
    def stacks(self) -> dict[str, tuple[RecurrentLayer, ...]]:
        """The recurrent layers, by the part that they belong to, as views that `unroll` takes."""
        encoder = {"encoder": recurrent_layers(self.encoder)} if isinstance(self.encoder, nn.RNNBase) else {}
        return encoder | {"decoder": recurrent_layers(self.decoder)}

    def forward(
        self, inputs: Inputs, targets: Int[Tensor, "batch steps"], lengths: Int[Tensor, " batch"] | None = None
    ) -> Float[Tensor, "batch steps tokens"]:
        """The logits of each token of the targets, given those before it."""
        return self.answer(self.read(inputs, lengths), _delayed(targets))

    def answers(
        self,
        batch: Batch,
        state: HiddenState | None = None,
        own_share: float = 0.0,
        generator: torch.Generator | None = None,
    ) -> tuple[Float[Tensor, "batch steps tokens"], None]:
        """The logits for a batch's targets, up to the longest, and no state to go on from.

        In the place of a share of the right answers the decoder reads its own, those that it gives to the right ones
        (in parallel, as Duckworth et al. 2019, arXiv 1906.04331).
        """
        targets = batch.targets[:, : longest_target(batch.targets)]
        reading, inputs = self.read(batch.inputs, batch.lengths), _delayed(targets)
        if own_share:
            with torch.no_grad():
                own = _delayed(self.answer(reading, inputs).argmax(dim=-1))
            drawn = torch.rand(inputs.shape, generator=generator).to(inputs.device) < own_share
            inputs = torch.where(drawn, own, inputs)
        return self.answer(reading, inputs), None

    def read(self, inputs: Inputs, lengths: Int[Tensor, " batch"] | None = None) -> Reading:
        """The encoder through PyTorch's fused layers."""
        if not isinstance(self.encoder, nn.RNNBase):
            return self._picture(inputs)
        features, state = encode(self.encoder, self.embedding(inputs), None, lengths)
        hidden = state[0] if isinstance(state, tuple) else state
        return self._bridged(features, lengths, self._ends(hidden))

    def read_step_by_step(
        self, inputs: Inputs, lengths: Int[Tensor, " batch"] | None = None, interventions: Interventions = ()
    ) -> Reading:
        """The same through the one unrolling, with every signal of the encoder; one intervention a layer, or none."""
        if not isinstance(self.encoder, nn.RNNBase):
            return self._picture(inputs)
        traces, features = unroll_stack(self.stacks["encoder"], self.embedding(inputs), interventions, lengths=lengths)
        rows = torch.arange(len(inputs), device=features.device)
        last = torch.full_like(rows, inputs.shape[1] - 1) if lengths is None else lengths.to(rows) - 1
        ends = [trace.hidden[rows, last] if trace.direction == "forward" else trace.hidden[:, 0] for trace in traces]
        return self._bridged(features, lengths, self._ends(torch.stack(ends)), traces)

    def answer(self, reading: Reading, inputs: Int[Tensor, "batch steps"]) -> Float[Tensor, "batch steps tokens"]:
        """The logits after each token that the decoder reads, through PyTorch's fused layers."""
        states, _ = self.decoder(self.target_embedding(inputs), reading.state)
        return self.head(self._attended(states, reading)[0])

    def write(
        self,
        reading: Reading,
        choose: Choose = lambda _, logits: logits.argmax(dim=-1),
        longest: int = 100,
        redirect: Redirect | None = None,
    ) -> Iterator[DecoderStep]:
        """The decoder reads its own answers, step by step through the one unrolling, until all have written an end.

        It ends after `longest` tokens in any case.
        """
        layers = self.stacks["decoder"]
        batch = len(reading.features)
        tokens = torch.full((batch,), END, device=reading.features.device)
        ended = torch.zeros(batch, dtype=torch.bool, device=tokens.device)

        def inputs() -> Iterator[Tensor]:
            while True:
                yield self.target_embedding(tokens)

        unrolled = unroll_steps(layers, inputs(), layer_states(reading.state, len(layers)))
        for step, reached in enumerate(unrolled):
            states = reached[-1].state.hidden[:, None]  # (batch, 1, hidden)
            features, weights = self._attended(states, reading, None if redirect is None else (step, redirect))
            logits = self.head(features)[:, 0]
            tokens = choose(step, logits)
            yield DecoderStep(reached, None if weights is None else weights[:, 0], logits, tokens)
            ended = ended | (tokens == END)
            if bool(ended.all()) or step + 1 >= longest:
                return

    def check(self, inputs: Tensor, lengths: Tensor | None = None) -> None:
        """Refuse what this network cannot read.

        Raises:
            InputError: wrong shape or kind, an unknown token, or a value that is no number.
        """
        if isinstance(self.spec.input, EmbeddingInput):
            check_tokens(inputs, len(self.spec.input.vocabulary))
            return
        size = self.spec.input.size
        if inputs.ndim != 3 or inputs.shape[1:] != (size, size) or not len(inputs):
            raise InputError(
                f"The input has shape {tuple(inputs.shape)}; this network reads pictures (batch, {size}, {size})."
            )
        if not torch.isfinite(inputs).all():
            raise InputError("The picture contains NaN or infinity. Replace those values before the network reads it.")

    def prepare(self, sequences: Sequences) -> tuple[Tensor, Tensor | None]:
        """Checked and on the network's device.

        Raises:
            InputError: the network cannot read it.
        """
        inputs, lengths = inputs_and_lengths(sequences)
        self.check(inputs, lengths)
        return inputs.to(self.head.weight.device), lengths

    def _picture(self, pictures: Tensor) -> Reading:
        features = self.encoder(pictures)
        return self._bridged(features, None, features.flatten(start_dim=1))

    def _ends(self, hidden: Float[Tensor, "layers batch hidden"]) -> Float[Tensor, "batch features"]:
        """The states that the last layer's directions end in, side by side."""
        assert self.spec.encoder is not None
        return torch.cat(list(hidden[-self.spec.encoder.directions :]), dim=-1)

    def _bridged(
        self, features: Tensor, lengths: Tensor | None, summary: Tensor, layers: tuple[LayerTrace, ...] = ()
    ) -> Reading:
        """The decoder's first state: tanh(W s + b) of the summary, cut into layers, and an LSTM's two states."""
        whole = torch.tanh(self.bridge(summary))  # (batch, states * layers * hidden)
        depth = self.spec.decoder.num_layers
        states = whole.unflatten(1, (-1, depth, self.spec.decoder.hidden_size)).permute(1, 2, 0, 3).contiguous()
        mask = None if lengths is None else mask_of(lengths, features.shape[1]).to(features.device)
        return Reading(features, mask, (states[0], states[1]) if len(states) == 2 else states[0], layers)

    def _attended(
        self, states: Tensor, reading: Reading, redirected: tuple[int, Redirect] | None = None
    ) -> tuple[Tensor, Tensor | None]:
        """What the head reads, and the attention that it comes from."""
        if self.attention is None:
            return states, None
        weights = self.attention.weights(states, reading.features, reading.mask)
        if redirected is not None:
            step, redirect = redirected
            weights = redirect(step, weights)
        return self.attention(states, reading.features, weights), weights


def longest_target(targets: Int[Tensor, "batch steps"]) -> int:
    """Steps up to the end of the longest target, its end included."""
    return int((targets != END).sum(dim=1).max()) + 1 if targets.numel() else 0


def _delayed(tokens: Int[Tensor, "batch steps"]) -> Int[Tensor, "batch steps"]:
    """What the decoder reads: an end to begin with, then each token one step late."""
    return F.pad(tokens[:, :-1], (1, 0), value=END)
