"""The one unrolling against PyTorch's fused layers, which nobody here wrote."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqviz.instruments.trace import trace
from seqviz.networks.build import build_model
from seqviz.networks.unroll import recurrent_layers, unroll_stack
from seqviz.specs import CELLS, GATES, HEADS, ModelSpec

specs = st.builds(
    ModelSpec,
    cell=st.sampled_from(CELLS),
    input_size=st.integers(1, 7),
    hidden_size=st.integers(1, 9),
    num_layers=st.integers(1, 3),
    bidirectional=st.booleans(),
    head=st.sampled_from(HEADS),
    sequence_length=st.integers(1, 60),
    num_classes=st.integers(2, 5),
)


def inputs_for(spec: ModelSpec, batch: int, seed: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, spec.sequence_length, spec.input_size, generator=generator, dtype=dtype)


@settings(deadline=None, max_examples=120)
@given(specs, st.integers(1, 3), st.integers(0, 9), st.sampled_from([(torch.float32, 1e-5), (torch.float64, 1e-10)]))
def test_trace_equals_the_fused_layer(spec, batch, seed, precision):
    dtype, tolerance = precision
    model = build_model(spec, seed).to(dtype)
    x = inputs_for(spec, batch, seed, dtype)
    result = trace(model, x)

    outputs, final = model.rnn(x)
    final_hidden = final[0] if spec.cell == "lstm" else final
    top = torch.cat([layer.hidden for layer in result.layers[-spec.directions :]], dim=-1)
    torch.testing.assert_close(top, outputs, atol=tolerance, rtol=0)
    for index, layer in enumerate(result.layers):
        last = 0 if layer.direction == "backward" else -1
        torch.testing.assert_close(layer.hidden[:, last], final_hidden[index], atol=tolerance, rtol=0)
        if spec.cell == "lstm":
            torch.testing.assert_close(layer.cell[:, last], final[1][index], atol=tolerance, rtol=0)
        assert tuple(layer.gates) == (GATES[spec.cell] or ("preactivation",))
    torch.testing.assert_close(result.logits, model(x), atol=tolerance, rtol=0)
    torch.testing.assert_close(result.prefix_logits[:, -1], result.logits, atol=tolerance, rtol=0)


def test_relu_network_equals_the_fused_layer():
    model = build_model(ModelSpec(cell="rnn", nonlinearity="relu", num_layers=2, sequence_length=9)).double()
    x = inputs_for(model.spec, 2, 0)
    torch.testing.assert_close(trace(model, x).logits, model(x), atol=1e-10, rtol=0)


@pytest.mark.parametrize("cell", CELLS)
def test_gradients_through_the_unrolling_are_the_fused_layers(cell):
    model = build_model(ModelSpec(cell=cell, input_size=3, hidden_size=5, num_layers=2, bidirectional=True)).double()
    x = inputs_for(model.spec, 2, 1)
    _, outputs = unroll_stack(recurrent_layers(model.rnn), x)
    ours = torch.autograd.grad(outputs.square().sum(), list(model.rnn.parameters()))
    theirs = torch.autograd.grad(model.rnn(x)[0].square().sum(), list(model.rnn.parameters()))
    for mine, reference in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, reference, atol=1e-10, rtol=1e-10)


def test_each_lstm_gate_against_the_weights():
    """Gates at the first step, where h is zero: nothing but the weights and the input."""
    model = build_model(ModelSpec(cell="lstm", input_size=3, hidden_size=4)).double()
    x = inputs_for(model.spec, 1, 2)
    layer = trace(model, x).layers[0]
    total = model.rnn.weight_ih_l0 @ x[0, 0] + model.rnn.bias_ih_l0 + model.rnn.bias_hh_l0
    expected = dict(zip(GATES["lstm"], total.detach().split(4), strict=True))
    for name, value in expected.items():
        squash = torch.tanh if name == "candidate" else torch.sigmoid
        torch.testing.assert_close(layer.gates[name][0, 0], squash(value))
