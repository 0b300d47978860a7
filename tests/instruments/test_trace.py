"""The trace touches nothing, and its answers after each row are what the network says to the rows so far."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqviz.errors import InputError
from seqviz.instruments.trace import settled_step, trace
from seqviz.networks.build import build_model
from seqviz.specs import ModelSpec
from tests.strategies import TIME, assert_close, batch_for, lengths, network_for, specs


@settings(deadline=None, max_examples=40)
@given(specs(heads=("last", "mean", "max", "attention")), lengths, st.integers(0, 9))
def test_prefix_logits_are_the_answers_to_prefixes(spec, lengths, seed):
    """In one direction or both: the fused layer on the steps so far, and the whole of a shorter sequence."""
    model, batch = network_for(spec, seed), batch_for(spec, lengths, seed)
    prefix_logits = trace(model, batch).prefix_logits
    for step in range(TIME):
        read = batch.lengths.clamp(max=step + 1)
        assert_close(prefix_logits[:, step], model(batch.inputs[:, : step + 1], read).detach(), 1e-10)


@settings(deadline=None, max_examples=30)
@given(specs(heads=("concat",)), st.integers(0, 9))
def test_prefix_logits_of_a_concat_head_leave_out_what_was_not_read(spec, seed):
    """The head applied to the fused layer's outputs on the prefix, with zeros for the steps to come."""
    model, batch = network_for(spec, seed), batch_for(spec, [TIME, TIME], seed)
    prefix_logits = trace(model, batch).prefix_logits
    for step in range(TIME):
        outputs, _ = model.encoder(model.embed(batch.inputs)[:, : step + 1])
        padded = torch.nn.functional.pad(outputs, (0, 0, 0, TIME - step - 1))
        assert_close(prefix_logits[:, step], model.head(padded).detach(), 1e-10)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("broken", [True, False])
def test_mode_and_gradients_are_left_alone(small, training, broken):
    small.train(training)
    small(torch.rand(2, 28, 28)).sum().backward()
    before = [parameter.grad.clone() for parameter in small.parameters()]
    weights = [parameter.detach().clone() for parameter in small.parameters()]
    if broken:
        with pytest.raises(InputError):
            trace(small, torch.zeros(2, 28, 5))
    else:
        trace(small, torch.rand(2, 28, 28))
    assert small.training is training
    assert torch.is_grad_enabled()
    for parameter, grad, weight in zip(small.parameters(), before, weights, strict=True):
        assert torch.equal(parameter.grad, grad)
        assert torch.equal(parameter, weight)


def test_a_trace_is_detached_and_frozen(small):
    result = trace(small, torch.rand(2, 28, 28))
    assert not any(tensor.requires_grad for tensor in (result.logits, result.layers[0].hidden))
    with pytest.raises(AttributeError):
        result.logits = torch.zeros(2, 10)


def test_dropout_does_not_disturb_a_trace():
    model = build_model(ModelSpec.classifier(hidden_size=8, num_layers=2, dropout=0.5)).train()
    x = torch.rand(2, 28, 28)
    torch.testing.assert_close(trace(model, x).logits, model.eval()(x))


@given(st.lists(st.integers(0, 2), min_size=1, max_size=12))
def test_settled_step_by_definition(answers):
    probabilities = torch.nn.functional.one_hot(torch.tensor([answers]), 3).float()
    expected = min(step for step in range(len(answers)) if len(set(answers[step:])) == 1)
    assert settled_step(probabilities).tolist() == [expected]
