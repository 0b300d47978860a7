"""From a spec to a network, and to the number of its parameters."""

import math
from dataclasses import dataclass, replace
from typing import Literal, overload

import torch
from torch import nn

from seqviz.networks.baselines import Baseline, BaselineSpec, build_baseline
from seqviz.networks.classifier import SequenceClassifier
from seqviz.networks.language import CharLanguageModel
from seqviz.specs import GATES, LanguageModelSpec, ModelSpec

AnySpec = ModelSpec | LanguageModelSpec | BaselineSpec
AnyModel = SequenceClassifier | CharLanguageModel | Baseline


@overload
def build_any(spec: ModelSpec, seed: int = 0) -> SequenceClassifier: ...
@overload
def build_any(spec: LanguageModelSpec, seed: int = 0) -> CharLanguageModel: ...
@overload
def build_any(spec: BaselineSpec, seed: int = 0) -> Baseline: ...
def build_any(spec: AnySpec, seed: int = 0) -> AnyModel:
    """The network that a spec describes."""
    match spec:
        case ModelSpec():
            return build_model(spec, seed)
        case LanguageModelSpec():
            return build_language_model(spec, seed)
    return build_baseline(spec, seed)


def shapes(spec: AnySpec) -> dict[str, tuple[int, ...]]:
    """The names and shapes of a network's weights, without building it."""
    with torch.device("meta"):
        match spec:
            case ModelSpec():
                model: AnyModel = SequenceClassifier(spec)
            case LanguageModelSpec():
                model = CharLanguageModel(spec)
            case _:
                model = Baseline(spec)
    return {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}


def build_model(spec: ModelSpec, seed: int = 0) -> SequenceClassifier:
    """The network with PyTorch's default initialisation, drawn from `seed` alone.

    The numbers are those that `torch.manual_seed(seed)` followed by the plain constructors would give, but the global
    generator is neither read nor moved.
    """
    with torch.device("meta"):  # no memory, no random numbers yet
        model = SequenceClassifier(spec)
    model.to_empty(device="cpu")
    generator = torch.Generator().manual_seed(seed)
    bound = 1 / math.sqrt(spec.hidden_size)
    for parameter in model.rnn.parameters():
        nn.init.uniform_(parameter, -bound, bound, generator=generator)
    nn.init.kaiming_uniform_(model.head.weight, a=math.sqrt(5), generator=generator)
    bound = 1 / math.sqrt(spec.features)
    nn.init.uniform_(model.head.bias, -bound, bound, generator=generator)
    if spec.head == "attention":
        nn.init.zeros_(model.query)  # every step counts alike at first
    return model


def build_language_model(spec: LanguageModelSpec, seed: int = 0) -> CharLanguageModel:
    """The network with PyTorch's default initialisation, drawn from `seed` alone.

    Only tied weights begin as the linear layer's would: an embedding's, of variance 1, would make huge logits.
    """
    with torch.device("meta"):  # no memory, no random numbers yet
        model = CharLanguageModel(spec)
    model.to_empty(device="cpu")
    if spec.tied:  # to_empty has parted them
        model.head.weight = model.embedding.weight
    generator = torch.Generator().manual_seed(seed)
    bound = 1 / math.sqrt(spec.hidden_size)
    if not spec.tied:
        nn.init.normal_(model.embedding.weight, generator=generator)
    for parameter in (*model.rnn.parameters(), *model.head.parameters()):
        nn.init.uniform_(parameter, -bound, bound, generator=generator)
    return model


def matched(spec: ModelSpec, parameters: int) -> ModelSpec:
    """The same network with as many units as bring it nearest to so many parameters.

    >>> gru = matched(ModelSpec(cell="gru"), parameter_counts(ModelSpec(cell="rnn", hidden_size=64)).total)
    >>> gru.hidden_size, parameter_counts(gru).total, parameter_counts(ModelSpec(cell="rnn", hidden_size=64)).total
    (33, 6577, 6666)
    """

    def distance(hidden: int) -> int:
        return abs(parameter_counts(replace(spec, hidden_size=hidden)).total - parameters)

    low, high = 1, 2048
    while high - low > 2:  # parameters grow with the units
        middle = (low + high) // 2
        low, high = (low, middle) if distance(middle) <= distance(middle + 1) else (middle, high)
    return replace(spec, hidden_size=min(range(low, high + 1), key=distance))


@dataclass(frozen=True)
class GateParameters:
    """Parameters of one gate of one layer in one direction; an RNN has a single "hidden" row block."""

    layer: int
    direction: Literal["forward", "backward"]
    gate: str
    input_weights: int
    hidden_weights: int
    biases: int

    @property
    def total(self) -> int:
        return self.input_weights + self.hidden_weights + self.biases


@dataclass(frozen=True)
class ParameterCounts:
    """Every trainable number of a network, by layer and gate, and the head's (an attention head's query included)."""

    gates: tuple[GateParameters, ...]
    head: int

    @property
    def recurrent(self) -> int:
        return sum(gate.total for gate in self.gates)

    @property
    def total(self) -> int:
        return self.recurrent + self.head


def parameter_counts(spec: ModelSpec) -> ParameterCounts:
    """Count without building. PyTorch keeps two bias vectors a gate, `bias_ih` and `bias_hh`.

    >>> counts = parameter_counts(ModelSpec(cell="gru", hidden_size=128))
    >>> counts.recurrent, counts.head
    (60672, 1290)
    """
    hidden = spec.hidden_size
    gates = tuple(
        GateParameters(layer, direction, gate, hidden * width, hidden * hidden, 2 * hidden)
        for layer in range(spec.num_layers)
        for width in [spec.input_size if layer == 0 else spec.directions * hidden]
        for direction in (("forward", "backward") if spec.bidirectional else ("forward",))
        for gate in GATES[spec.cell] or ("hidden",)
    )
    head = (spec.features + 1) * spec.num_classes + (spec.features if spec.head == "attention" else 0)
    return ParameterCounts(gates, head=head)
