"""Jacobians between states, held to PyTorch's fused layers and to the bounds of theory."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqviz.data.batch import Batch
from seqviz.errors import InputError
from seqviz.instruments.edits import Edit
from seqviz.instruments.jacobians import state_jacobians
from seqviz.instruments.trace import trace
from seqviz.networks.build import build_model
from seqviz.networks.modifications import Modifications, with_modifications
from seqviz.specs import ModelSpec


def doubles(batch: int) -> torch.Tensor:
    return torch.rand(batch, 28, 28, dtype=torch.float64, generator=torch.Generator().manual_seed(8))


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_against_autograd_through_the_fused_layer(cell):
    model = build_model(ModelSpec.classifier(cell=cell, hidden_size=5), seed=3).double()
    x = doubles(2)
    found = state_jacobians(model, x, to_step=20)
    assert found.steps == tuple(range(20, -1, -1))
    with torch.no_grad():
        _, state = model.encoder(x[1:, :13])  # after step 12, eight steps before 20
    parts = state if cell == "lstm" else (state,)

    def go_on(*given_state):
        after = model.encoder(x[1:, 13:21], given_state if cell == "lstm" else given_state[0])[1]
        return torch.cat([part.flatten() for part in (after if cell == "lstm" else (after,))])

    jacobian = torch.cat([one.flatten(1) for one in torch.autograd.functional.jacobian(go_on, parts)], dim=1)
    expected = torch.linalg.svdvals(jacobian[:5, :5])
    torch.testing.assert_close(found.singular_values[1, 8], expected, atol=1e-13, rtol=1e-9)
    if cell == "lstm":
        torch.testing.assert_close(found.joint[1, 8], torch.linalg.svdvals(jacobian), atol=1e-13, rtol=1e-9)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.sampled_from(["tanh", "relu"]), st.floats(0.2, 2.5), st.integers(1, 12))
def test_no_rnn_exceeds_the_bound(seed, nonlinearity, radius, hidden):
    model = build_model(ModelSpec.classifier("rnn", hidden, nonlinearity=nonlinearity), seed)
    model = with_modifications(model, Modifications(spectral_radius=radius)).double()
    x = torch.rand(1, 28, 28, generator=torch.Generator().manual_seed(seed)).double()
    found = state_jacobians(model, x)
    assert found.slope <= 1
    assert (found.singular_values[0, :, 0] <= found.bound * (1 + 1e-9)).all()
    assert found.spectral_radius <= found.weight_norm * (1 + 1e-9)


def test_the_bound_is_met_by_a_linear_network():
    model = with_modifications(
        build_model(ModelSpec.classifier("rnn", 6)), Modifications("orthogonal", spectral_radius=0.7)
    )
    found = state_jacobians(model.double(), torch.zeros(1, 28, 28).double())
    torch.testing.assert_close(found.singular_values[0], found.bound[:, None].expand(-1, 6), atol=0, rtol=1e-4)


@pytest.mark.parametrize(("cell", "gate"), [("lstm", "forget"), ("gru", "update")])
def test_gates_that_ignore_the_state_leave_only_the_memory_path(cell, gate):
    """With W_hh = 0 the cell state (the GRU's hidden state) keeps exactly the product of its gates."""
    model = build_model(ModelSpec.classifier(cell=cell, hidden_size=4)).double()
    with torch.no_grad():
        model.encoder.weight_hh_l0.zero_()
    x = doubles(1)
    found = state_jacobians(model, x)
    gates = trace(model, x).layers[0].gates[gate][0].double()
    expected = gates.flip(0)[:-1].cumprod(dim=0)  # the last row's gate first
    torch.testing.assert_close(found.memory_path[0, 1:], expected, atol=1e-12, rtol=0)
    values = found.joint if cell == "lstm" else found.singular_values
    largest = expected.amax(dim=1)
    if cell == "gru":
        torch.testing.assert_close(values[0, 1:, 0], largest, atol=1e-12, rtol=0)
    else:
        assert (values[0, 1:, 0] >= largest - 1e-12).all()


def test_fewer_distances_are_a_selection():
    model, x = build_model(ModelSpec.classifier("lstm", 4)), torch.rand(1, 28, 28)
    every, some = state_jacobians(model, x), state_jacobians(model, x, every=5)
    assert some.distances == (0, 5, 10, 15, 20, 25)
    assert some.steps == tuple(every.steps[distance] for distance in some.distances)
    for name in ("singular_values", "joint", "memory_path"):
        torch.testing.assert_close(getattr(some, name), getattr(every, name)[:, ::5])


def test_a_backward_layer_looks_the_other_way():
    model = build_model(ModelSpec.classifier("rnn", 4, bidirectional=True, num_layers=2)).double()
    x = doubles(1)
    found = state_jacobians(model, x, layer=3)
    assert found.steps == tuple(range(28))
    nudged = trace(model, x, [Edit("hidden", "clamp", 0.5, layer=3, first=27, last=27)]).layers[3].hidden[0, 0]
    assert not torch.equal(nudged, trace(model, x).layers[3].hidden[0, 0])
    assert found.singular_values[0, 27, 0] > 0


def test_shorter_sequences_are_asked_for_one_by_one():
    model = build_model(ModelSpec.classifier("gru", 4)).double()
    short = Batch(doubles(2), torch.tensor([0, 1]), torch.tensor([12, 12]))
    found, alone = state_jacobians(model, short), state_jacobians(model, short.inputs[:, :12])
    assert torch.equal(found.singular_values, alone.singular_values)
    with pytest.raises(InputError, match="differ in length"):
        state_jacobians(model, replace(short, lengths=torch.tensor([12, 9])))


def test_no_such_layer_or_step():
    model = build_model(ModelSpec.classifier("rnn", 4))
    with pytest.raises(InputError, match="no layer 1"):
        state_jacobians(model, torch.zeros(1, 28, 28), layer=1)
    with pytest.raises(InputError, match="no step 28"):
        state_jacobians(model, torch.zeros(1, 28, 28), to_step=28)
