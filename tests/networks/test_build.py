"""Networks are PyTorch's own, drawn from a seed of their own."""

import pytest
import torch
from hypothesis import given, settings
from torch import nn

from seqviz.errors import InputError
from seqviz.networks.build import build_model, parameter_counts
from seqviz.specs import GATES, ModelSpec
from tests.networks.test_unroll import specs

MODULES = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


@settings(deadline=None, max_examples=40)
@given(specs)
def test_initial_weights_are_those_of_the_plain_constructors(spec):
    before = torch.get_rng_state()
    model = build_model(spec, seed=11)
    assert torch.equal(torch.get_rng_state(), before), "the global generator was touched"
    with torch.random.fork_rng():
        torch.manual_seed(11)
        rnn = MODULES[spec.cell](
            spec.input_size,
            spec.hidden_size,
            spec.num_layers,
            batch_first=True,
            bidirectional=spec.bidirectional,
        )
        head = nn.Linear(spec.features, spec.num_classes)
    for name, tensor in rnn.state_dict().items():
        assert torch.equal(model.rnn.state_dict()[name], tensor), name
    assert torch.equal(model.head.weight, head.weight)
    assert torch.equal(model.head.bias, head.bias)


@settings(deadline=None, max_examples=40)
@given(specs)
def test_parameter_counts(spec):
    model, counts = build_model(spec), parameter_counts(spec)
    assert counts.total == sum(parameter.numel() for parameter in model.parameters())
    readout = [parameter for name, parameter in model.named_parameters() if not name.startswith("rnn.")]
    assert counts.head == sum(parameter.numel() for parameter in readout)
    assert len(counts.gates) == spec.num_layers * spec.directions * max(1, len(GATES[spec.cell]))
    first = [gate for gate in counts.gates if gate.layer == 0 and gate.direction == "forward"]
    assert sum(gate.input_weights for gate in first) == model.rnn.weight_ih_l0.numel()
    assert sum(gate.hidden_weights for gate in first) == model.rnn.weight_hh_l0.numel()


def test_the_last_head_of_a_bidirectional_network_reads_both_final_states():
    model = build_model(ModelSpec(cell="gru", hidden_size=6, bidirectional=True))
    x = torch.rand(4, 28, 28)
    _, final = model.rnn(x)  # (2, batch, hidden): forward, backward
    torch.testing.assert_close(model(x), model.head(torch.cat([final[0], final[1]], dim=1)))


@pytest.mark.parametrize(
    ("shape", "says"),
    [((28, 28), r"shape \(28, 28\)"), ((1, 28, 27), "reads .batch, time, 28."), ((1, 20, 28), "20 time steps")],
)
def test_inputs_of_the_wrong_form(shape, says):
    with pytest.raises(InputError, match=says):
        build_model(ModelSpec(head="concat")).check(torch.zeros(shape))


def test_inputs_that_are_no_numbers(small):
    with pytest.raises(InputError, match="NaN or infinity"):
        small.check(torch.full((1, 28, 28), torch.nan))
