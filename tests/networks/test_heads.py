"""Every head against a straight PyTorch expression, and its answer after each row against a shorter sequence."""

import pytest
import torch

from seqviz.errors import InputError
from seqviz.networks.build import build_model
from seqviz.specs import HEADS, ModelSpec


def network(head: str, **options):
    model = build_model(ModelSpec(cell="gru", hidden_size=6, head=head, sequence_length=9, **options), 3).double()
    if head == "attention":
        torch.nn.init.normal_(model.query, generator=torch.Generator().manual_seed(1))
    return model


def straight(model, outputs):
    """The head's answer, written another way than in the model."""
    weight, bias = model.head.weight, model.head.bias
    match model.spec.head:
        case "last":
            read = outputs[:, -1, :]
        case "concat":
            read = outputs.reshape(len(outputs), -1)
        case "mean":
            read = sum(outputs.unbind(dim=1)) / outputs.shape[1]
        case "max":
            read = torch.stack([row.max(dim=0).values for row in outputs])
        case _:
            powers = torch.exp(torch.stack([row @ model.query for row in outputs]))
            read = (powers[..., None] * outputs).sum(dim=1) / powers.sum(dim=1, keepdim=True)
    return read @ weight.T + bias


@pytest.mark.parametrize("head", HEADS)
def test_a_head_is_its_expression(head):
    model, x = network(head), torch.rand(4, 9, 28).double()
    outputs, _ = model.rnn(x)
    torch.testing.assert_close(model(x), straight(model, outputs), atol=1e-12, rtol=0)


@pytest.mark.parametrize("head", [head for head in HEADS if head != "concat"])
def test_the_answer_after_a_row_is_that_of_a_sequence_that_ends_there(head):
    model, x = network(head), torch.rand(4, 9, 28).double()
    answers = model.prefix_logits(model.rnn(x)[0])
    for step in range(9):
        torch.testing.assert_close(answers[:, step], model(x[:, : step + 1]), atol=1e-12, rtol=0)


@pytest.mark.parametrize("head", ["concat", "mean"])
def test_votes_sum_to_the_logits(head):
    for bidirectional in (False, True):
        model = network(head, bidirectional=bidirectional, num_layers=2).float()
        x = torch.rand(4, 9, 28)
        votes = model.votes(model.rnn(x)[0])
        torch.testing.assert_close(votes.sum(dim=1) + model.head.bias, model(x), atol=1e-5, rtol=0)


@pytest.mark.parametrize("head", ["last", "max", "attention"])
def test_other_heads_have_no_votes(head):
    model = network(head)
    with pytest.raises(InputError, match=f"logits of a {head} head are no sum over rows"):
        model.votes(model.rnn(torch.rand(1, 9, 28).double())[0])


def test_attention_weights_sum_to_one_and_start_alike():
    model = build_model(ModelSpec(cell="rnn", hidden_size=5, head="attention"))
    outputs, _ = model.rnn(torch.rand(2, 28, 28))
    torch.testing.assert_close(model.attention(outputs), torch.full((2, 28), 1 / 28))
    mean = build_model(ModelSpec(cell="rnn", hidden_size=5, head="mean"))
    x = torch.rand(2, 28, 28)
    torch.testing.assert_close(model(x), mean(x), atol=1e-6, rtol=0)
