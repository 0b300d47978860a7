"""From a spec to a network, and to the number of its parameters."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import overload

import torch
from torch import nn

from seqviz.networks.baselines import Baseline, build_baseline
from seqviz.networks.empty import empty_weights
from seqviz.networks.encoder_decoder import EncoderDecoder, PictureEncoder
from seqviz.networks.heads import AttentionHead
from seqviz.networks.network import SequenceNetwork
from seqviz.networks.unroll import Direction
from seqviz.specs import (
    GATES,
    BaselineSpec,
    EmbeddingInput,
    EncoderDecoderSpec,
    LearnedSpec,
    ModelSpec,
    NetworkSpec,
    RecurrentSpec,
)

LearnedNetwork = SequenceNetwork | EncoderDecoder
Network = LearnedNetwork | Baseline


@overload
def build_model(spec: ModelSpec, seed: int = 0) -> SequenceNetwork: ...
@overload
def build_model(spec: EncoderDecoderSpec, seed: int = 0) -> EncoderDecoder: ...
@overload
def build_model(spec: LearnedSpec, seed: int = 0) -> LearnedNetwork: ...
@overload
def build_model(spec: BaselineSpec, seed: int = 0) -> Baseline: ...
@overload
def build_model(spec: NetworkSpec, seed: int = 0) -> Network: ...
def build_model(spec: NetworkSpec, seed: int = 0) -> Network:
    """The network with PyTorch's default initialisation, drawn from `seed` alone.

    The numbers are those that `torch.manual_seed(seed)` followed by the plain constructors would give, but the global
    generator is neither read nor moved. Only tied weights begin as the head's would: an embedding's, of variance 1,
    would make huge logits.
    """
    if isinstance(spec, BaselineSpec):
        return build_baseline(spec, seed)
    if isinstance(spec, EncoderDecoderSpec):
        return _encoder_decoder(spec, seed)
    with torch.device("meta"):  # no memory, no random numbers yet
        model = SequenceNetwork(spec)
    empty_weights(model)
    model.tie_weights()  # which this has parted
    generator = torch.Generator().manual_seed(seed)
    if model.embedding is not None and not spec.head.tied:
        nn.init.normal_(model.embedding.weight, generator=generator)
    bound = 1 / math.sqrt(spec.encoder.hidden_size)
    for parameter in model.encoder.parameters():
        nn.init.uniform_(parameter, -bound, bound, generator=generator)
    nn.init.kaiming_uniform_(model.head.weight, a=math.sqrt(5), generator=generator)
    bound = 1 / math.sqrt(spec.features)
    nn.init.uniform_(model.head.bias, -bound, bound, generator=generator)
    if isinstance(model.head, AttentionHead):
        nn.init.zeros_(model.head.query)  # every step counts alike at first
    return model


def _encoder_decoder(spec: EncoderDecoderSpec, seed: int) -> EncoderDecoder:
    """PyTorch's default initialisation, part by part, but for the convolutions; a picture's places begin at 0."""
    with torch.device("meta"):
        model = EncoderDecoder(spec)
    empty_weights(model)
    generator = torch.Generator().manual_seed(seed)
    for module in model.modules():
        match module:
            case PictureEncoder():
                nn.init.zeros_(module.places)
            case nn.Embedding():
                nn.init.normal_(module.weight, generator=generator)
            case nn.RNNBase():
                bound = 1 / math.sqrt(module.hidden_size)
                for parameter in module.parameters():
                    nn.init.uniform_(parameter, -bound, bound, generator=generator)
            case nn.LayerNorm():
                nn.init.ones_(module.weight)
                nn.init.zeros_(module.bias)
            case nn.Conv2d():  # so that a ReLU's outputs are as large as its inputs (He et al. 2015)
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=generator)
                assert module.bias is not None
                nn.init.zeros_(module.bias)
            case nn.Linear():
                nn.init.kaiming_uniform_(module.weight, a=math.sqrt(5), generator=generator)
                if module.bias is not None:
                    bound = 1 / math.sqrt(module.weight[0].numel())
                    nn.init.uniform_(module.bias, -bound, bound, generator=generator)
    return model


def shapes(spec: NetworkSpec) -> dict[str, tuple[int, ...]]:
    """The names and shapes of a network's weights, without building it."""
    with torch.device("meta"):
        model = _unbuilt(spec)
    return {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}


def _unbuilt(spec: NetworkSpec) -> Network:
    match spec:
        case ModelSpec():
            return SequenceNetwork(spec)
        case EncoderDecoderSpec():
            return EncoderDecoder(spec)
        case _:
            return Baseline(spec)


def parameter_count(spec: NetworkSpec) -> int:
    """Every trainable number of a network, counted without building it."""
    if isinstance(spec, ModelSpec):
        return parameter_counts(spec).total
    return sum(map(math.prod, shapes(spec).values()))


def matching_parameters(spec: ModelSpec, parameters: int) -> ModelSpec:
    """The same network with as many units as bring it nearest to so many parameters.

    >>> rnn = parameter_counts(ModelSpec.classifier("rnn", 64)).total
    >>> gru = matching_parameters(ModelSpec.classifier("gru"), rnn)
    >>> gru.encoder.hidden_size, parameter_counts(gru).total, rnn
    (33, 6577, 6666)
    """

    def with_units(hidden: int) -> ModelSpec:
        return replace(spec, encoder=replace(spec.encoder, hidden_size=hidden))

    def distance(hidden: int) -> int:
        return abs(parameter_counts(with_units(hidden)).total - parameters)

    low, high = 1, 2048
    while high - low > 2:  # parameters grow with the units
        middle = (low + high) // 2
        low, high = (low, middle) if distance(middle) <= distance(middle + 1) else (middle, high)
    return with_units(min(range(low, high + 1), key=distance))


@dataclass(frozen=True)
class GateParameters:
    """Parameters of one gate of one layer in one direction; an RNN has a single "hidden" row block."""

    layer: int
    direction: Direction
    gate: str
    input_weights: int
    hidden_weights: int
    biases: int

    @property
    def total(self) -> int:
        return self.input_weights + self.hidden_weights + self.biases


@dataclass(frozen=True)
class ParameterCounts:
    """Every trainable number of a network: of the recurrent layers by layer and gate, of the embedding and the head.

    An attention head's query counts to the head, a matrix that head and embedding share to the embedding.
    """

    gates: tuple[GateParameters, ...]
    embedding: int
    head: int

    @property
    def recurrent(self) -> int:
        return sum(gate.total for gate in self.gates)

    @property
    def total(self) -> int:
        return self.embedding + self.recurrent + self.head


def parameter_counts(spec: ModelSpec) -> ParameterCounts:
    """Count without building. PyTorch keeps two bias vectors a gate, `bias_ih` and `bias_hh`.

    >>> counts = parameter_counts(ModelSpec.classifier("gru", 128))
    >>> counts.recurrent, counts.head
    (60672, 1290)
    """
    embedding = len(spec.input.vocabulary) * spec.input.size if isinstance(spec.input, EmbeddingInput) else 0
    head = spec.head.outputs + (0 if spec.head.tied else spec.features * spec.head.outputs)
    query = spec.features if spec.head.kind == "attention" else 0
    return ParameterCounts(tuple(_gates(spec.encoder, spec.input.size)), embedding, head + query)


def _gates(spec: RecurrentSpec, input_size: int) -> Iterator[GateParameters]:
    hidden = spec.hidden_size
    for layer in range(spec.num_layers):
        width = input_size if layer == 0 else spec.outputs
        for direction in _DIRECTIONS[: spec.directions]:
            for gate in GATES[spec.cell] or ("hidden",):
                yield GateParameters(layer, direction, gate, hidden * width, hidden * hidden, 2 * hidden)


_DIRECTIONS: tuple[Direction, ...] = ("forward", "backward")
