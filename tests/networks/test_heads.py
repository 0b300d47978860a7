"""Each head's answer after every step against the same head on a shorter sequence, and what its steps contribute.

The answers themselves are held to straight expressions in `test_unroll.py`.
"""

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from seqviz.errors import InputError
from seqviz.networks.build import build_model
from seqviz.networks.heads import AttentionHead
from seqviz.specs import ModelSpec
from tests.strategies import TIME, assert_close, batch_for, lengths, network_for, specs

SHORTENABLE = ("last", "mean", "max", "attention", "each_step")


@settings(deadline=None, max_examples=40)
@given(specs(heads=SHORTENABLE), lengths, st.integers(0, 9))
def test_the_answer_after_a_step_is_that_of_a_sequence_that_ends_there(spec, lengths, seed):
    """Of a longer one it is the answer so far, of a shorter one its own."""
    assume(not spec.encoder.bidirectional)
    model, batch = network_for(spec, seed), batch_for(spec, lengths, seed)
    outputs, _ = model.encode(model.embed(batch.inputs), None, batch.lengths)
    answers = model.head.prefix_logits(outputs, batch.mask)
    for step in range(TIME):
        read = batch.lengths.clamp(max=step + 1)
        expected = model(batch.inputs[:, : step + 1], read)
        if spec.head.kind == "each_step":
            ended = batch.lengths > step
            assert_close(answers[ended, step], expected[ended, step], 1e-12)
        else:
            assert_close(answers[:, step], expected, 1e-12)


@settings(deadline=None, max_examples=40)
@given(specs(heads=("concat", "mean")), lengths, st.integers(0, 9))
def test_contributions_and_bias_sum_to_the_logits(spec, lengths, seed):
    model, batch = network_for(spec, seed), batch_for(spec, lengths, seed)
    mask = None if spec.head.kind == "concat" else batch.mask
    outputs, _ = model.encode(model.embed(batch.inputs), None, batch.lengths)
    contributions = model.head.contributions(outputs, mask)
    assert_close(contributions.sum(dim=1) + model.head.bias, model(batch.inputs, batch.lengths), 1e-12)


@pytest.mark.parametrize("head", ["last", "max", "attention", "each_step"])
def test_other_heads_are_no_sum(head):
    model = build_model(ModelSpec.classifier("gru", 6, head=head))
    with pytest.raises(InputError, match=f"logits of a {head} head are no sum over steps"):
        model.head.contributions(torch.rand(1, 9, 6))


def test_a_concat_head_refuses_sequences_of_different_lengths():
    model = build_model(ModelSpec.classifier("gru", 6, head="concat"))
    x = torch.rand(2, 28, 28)
    with pytest.raises(InputError, match="cannot read sequences of different lengths; use a network with head last"):
        model(x, torch.tensor([28, 20]))
    with pytest.raises(InputError, match="20 to 28 time steps, but this concat head has weights for exactly 28"):
        model.check(x, torch.tensor([28, 20]))
    assert torch.equal(model(x, torch.tensor([28, 28])), model(x))


def test_attention_weights_sum_to_one_and_start_alike():
    model = build_model(ModelSpec.classifier("rnn", 5, head="attention"))
    assert isinstance(model.head, AttentionHead)
    outputs, _ = model.encode(torch.rand(2, 28, 28))
    torch.testing.assert_close(model.head.attention(outputs), torch.full((2, 28), 1 / 28))
    mask = torch.arange(28) < torch.tensor([[7], [28]])
    weights = model.head.attention(outputs, mask)
    torch.testing.assert_close(weights[0, :7], torch.full((7,), 1 / 7))
    assert (weights[0, 7:] == 0).all()
    mean = build_model(ModelSpec.classifier("rnn", 5, head="mean"))
    x = torch.rand(2, 28, 28)
    torch.testing.assert_close(model(x), mean(x), atol=1e-6, rtol=0)
