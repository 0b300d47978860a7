"""Networks are PyTorch's own, drawn from a seed of their own."""

import pytest
import torch
from hypothesis import given, settings
from torch import nn

from seqviz.errors import InputError
from seqviz.networks.build import build_model, parameter_counts, shapes
from seqviz.specs import GATES, EmbeddingInput, ModelSpec
from tests.strategies import specs

MODULES = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


@settings(deadline=None, max_examples=60)
@given(specs())
def test_initial_weights_are_those_of_the_plain_constructors(spec):
    before = torch.get_rng_state()
    model = build_model(spec, seed=11)
    assert torch.equal(torch.get_rng_state(), before), "the global generator was touched"
    encoder = spec.encoder
    with torch.random.fork_rng():
        torch.manual_seed(11)
        if isinstance(spec.input, EmbeddingInput):
            embedding = nn.Embedding(len(spec.input.vocabulary), spec.input.size)
            assert torch.equal(model.embedding.weight, embedding.weight)
        rnn = MODULES[encoder.cell](
            spec.input.size,
            encoder.hidden_size,
            encoder.num_layers,
            batch_first=True,
            bidirectional=encoder.bidirectional,
        )
        head = nn.Linear(spec.features, spec.head.outputs)
    for name, tensor in rnn.state_dict().items():
        assert torch.equal(model.encoder.state_dict()[name], tensor), name
    assert torch.equal(model.head.weight, head.weight)
    assert torch.equal(model.head.bias, head.bias)


@settings(deadline=None, max_examples=60)
@given(specs())
def test_parameter_counts(spec):
    model, counts, encoder = build_model(spec), parameter_counts(spec), spec.encoder
    assert counts.total == sum(parameter.numel() for parameter in model.parameters())
    assert counts.head == sum(parameter.numel() for parameter in model.head.parameters())
    assert len(counts.gates) == encoder.num_layers * encoder.directions * max(1, len(GATES[encoder.cell]))
    first = [gate for gate in counts.gates if gate.layer == 0 and gate.direction == "forward"]
    assert sum(gate.input_weights for gate in first) == model.encoder.weight_ih_l0.numel()
    assert sum(gate.hidden_weights for gate in first) == model.encoder.weight_hh_l0.numel()
    assert shapes(spec) == {name: tuple(value.shape) for name, value in model.state_dict().items()}


@pytest.mark.parametrize(
    ("shape", "says"),
    [((28, 28), r"shape \(28, 28\)"), ((1, 28, 27), "reads .batch, time, 28."), ((1, 20, 28), "20 time steps")],
)
def test_inputs_of_the_wrong_form(shape, says):
    with pytest.raises(InputError, match=says):
        build_model(ModelSpec.classifier(head="concat")).check(torch.zeros(shape))


def test_inputs_that_are_no_numbers(small):
    with pytest.raises(InputError, match="NaN or infinity"):
        small.check(torch.full((1, 28, 28), torch.nan))


@pytest.mark.parametrize(
    ("tokens", "says"),
    [
        (torch.zeros(3, dtype=torch.int64), "this network reads tokens .batch, time."),
        (torch.zeros(1, 3), "torch.float32; this network reads tokens"),
        (torch.tensor([[0, 3]]), "tokens from 0 to 3; this network's go from 0 to 2"),
        (torch.tensor([[-1, 0]]), "tokens from -1 to 0"),
    ],
)
def test_tokens_of_the_wrong_form(tokens, says):
    with pytest.raises(InputError, match=says):
        build_model(ModelSpec.language_model("abc", hidden_size=4)).check(tokens)
