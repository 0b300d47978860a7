"""Every number of the page Shapes is PyTorch's own: weights, steps, ends, and the gradient's ledger."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from seqviz.instruments.layer_shapes import (
    digit_lines,
    ends_of,
    gradient_ledger,
    make_layer,
    sample_inputs,
    sentence_lines,
    series_lines,
    weights_of,
    written_steps,
)
from seqviz.networks.build import parameter_counts
from seqviz.specs import CELLS, DenseInput, HeadSpec, ModelSpec, RecurrentSpec

FUSED = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("both", [False, True])
def test_weights_are_those_of_pytorchs_layer(cell, layers, both):
    layer = make_layer(RecurrentSpec(cell, 5, layers, both), 3)
    torchs = FUSED[cell](3, 5, layers, batch_first=True, bidirectional=both)
    found = weights_of(layer, cell)
    assert {weight.name: weight.value.shape for weight in found} == {
        name: parameter.shape for name, parameter in torchs.named_parameters()
    }
    spec = ModelSpec(DenseInput(3), RecurrentSpec(cell, 5, layers, both), HeadSpec("last", 1))
    assert sum(weight.value.numel() for weight in found) == parameter_counts(spec).recurrent
    assert max(float(weight.value.abs().max()) for weight in found) <= 5**-0.5


@pytest.mark.parametrize("cell", CELLS)
def test_three_steps_are_the_fused_layers(cell):
    layer, x = make_layer(RecurrentSpec(cell, 4), 3), sample_inputs(2, 3, 3)
    steps = written_steps(layer, cell, x)
    output, _ = layer(x)
    torch.testing.assert_close(
        torch.stack([step.values[-1] for step in steps], dim=1), output.detach(), atol=1e-15, rtol=0
    )
    assert all(len(step.names) == len(step.formulas) == len(step.values) for step in steps)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("both", [False, True])
def test_ends_are_where_they_are_said_to_be(cell, layers, both):
    layer, x = make_layer(RecurrentSpec(cell, 4, layers, both), 3), sample_inputs(2, 3, 3)
    ends = ends_of(layer, x)
    directions = 2 if both else 1
    assert ends.output.shape == (2, 3, 4 * directions)
    assert ends.h_n.shape == (layers * directions, 2, 4)
    assert (ends.c_n is None) == (cell != "lstm")
    assert bool(ends.equal[:, :4].all())
    assert torch.equal(ends.last[:, :4], ends.h_n[-directions])
    if both:
        assert not ends.equal[:, 4:].any()
        assert torch.equal(ends.output[:, 0, 4:], ends.h_n[-1])


def test_what_pytorch_refuses_is_said_in_its_own_words():
    images = torch.rand(3, 1, 28, 28)
    with pytest.raises((RuntimeError, ValueError)) as refused:
        nn.GRU(28, 8, batch_first=True)(images)
    last = digit_lines(images, 8, squeeze=False)[-1]
    assert last.tensor is None
    assert str(refused.value) in last.error


@pytest.mark.parametrize("columns", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
def test_digits_become_sequences(columns, batch_first):
    images = torch.rand(3, 1, 28, 28)
    lines = digit_lines(images, 8, columns=columns, batch_first=batch_first)
    x = lines[-2].tensor
    expected = images[:, 0].mT if columns else images[:, 0]
    assert torch.equal(x if batch_first else x.transpose(0, 1), expected)
    assert lines[-1].tensor.shape == ((3, 28, 8) if batch_first else (28, 3, 8))


def test_sentences_and_series_become_sequences():
    tokens = torch.tensor([[0, 1, 2], [2, 1, 0]])
    lines = sentence_lines(tokens, 3, 4, 8)
    assert [tuple(line.tensor.shape) for line in lines] == [(2, 3), (2, 3, 4), (2, 3, 8)]
    assert torch.equal(lines[1].tensor[0, 0], lines[1].tensor[1, 2])  # the same word, the same vector
    values = torch.arange(12.0)
    lines = series_lines(values, 5, 8)
    assert [tuple(line.tensor.shape) for line in lines] == [(12,), (8, 5), (8, 5, 1), (8, 5, 8)]
    assert lines[1].tensor[3].tolist() == [3, 4, 5, 6, 7]


@settings(max_examples=60, deadline=None)
@given(
    w=st.floats(-2, 2),
    u=st.floats(-2, 2),
    inputs=st.lists(st.floats(-2, 2), min_size=1, max_size=5),
    truncate=st.sampled_from([None, 1, 2, 3]),
)
def test_the_ledger_sums_up_to_autograds_gradient(w, u, inputs, truncate):
    targets = [0.3] * len(inputs)
    ledger = gradient_ledger(w, u, inputs, targets, truncate=truncate)
    assert ledger.total == pytest.approx(ledger.autograd, abs=1e-12)
    assert len(ledger.terms) == len(inputs) * (len(inputs) + 1) // 2


def test_truncation_cuts_the_ways_that_cross_a_border():
    ledger = gradient_ledger(1.0, 0.9, [0.5, -1.0, 0.2], [0.0, 0.0, 1.0], truncate=2)
    assert {(term.loss_step, term.step) for term in ledger.terms if term.cut} == {(3, 2), (3, 1)}
    whole = gradient_ledger(1.0, 0.9, [0.5, -1.0, 0.2], [0.0, 0.0, 1.0])
    assert not any(term.cut for term in whole.terms)
    assert whole.autograd != pytest.approx(ledger.autograd)
