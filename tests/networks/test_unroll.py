"""The one unrolling against PyTorch's fused layers, which nobody here wrote."""

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from seqviz.errors import InputError
from seqviz.instruments.trace import trace
from seqviz.networks.build import build_model
from seqviz.networks.network import SequenceNetwork
from seqviz.networks.unroll import unroll, unroll_stack, unroll_steps
from seqviz.specs import CELLS, GATES, ModelSpec
from tests.strategies import assert_close, batch_for, lengths, network_for, precisions, specs


def packed(model: SequenceNetwork, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """PyTorch's own road: pack, run the fused layer, unpack."""
    sequence = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    outputs, final = model.encoder(sequence)
    return pad_packed_sequence(outputs, batch_first=True, total_length=x.shape[1])[0], final


def answer_of_one(model: SequenceNetwork, outputs: Tensor) -> Tensor:
    """What a head answers to the outputs `(time, outputs)` of one sequence without padding, written another way."""
    weight, bias, width = model.head.weight, model.head.bias, model.spec.encoder.hidden_size
    match model.spec.head.kind:
        case "last":
            read = torch.cat([outputs[-1, :width], outputs[0, width:]])
        case "concat":
            read = outputs.reshape(-1)
        case "mean":
            read = sum(outputs.unbind()) / len(outputs)
        case "max":
            read = outputs.max(dim=0).values
        case "attention":
            powers = torch.stack([step @ model.head.query for step in outputs]).exp()
            read = (powers[:, None] * outputs).sum(dim=0) / powers.sum()
        case _:
            read = outputs
    return read @ weight.T + bias


@settings(deadline=None, max_examples=150)
@given(specs(), lengths, st.integers(0, 9), precisions)
def test_it_equals_pytorch_on_packed_sequences(spec, lengths, seed, precision):
    """Outputs, final states, answers and gradients, over cells, depths, directions, heads and lengths."""
    dtype, tolerance = precision
    model, batch = network_for(spec, seed, dtype), batch_for(spec, lengths, seed, dtype)
    x = model.embed(batch.inputs).detach().requires_grad_()
    variables = [x, *model.encoder.parameters(), *model.head.parameters()]

    reference, final = packed(model, x, batch.lengths)
    answers = [answer_of_one(model, row[:length]) for row, length in zip(reference, batch.lengths, strict=True)]
    their_gradients = torch.autograd.grad(sum(answer.square().sum() for answer in answers), variables)

    unrolled = model.unroll(x, batch.lengths)
    logits = model.head(unrolled.outputs, unrolled.mask)
    counted = logits[batch.mask] if spec.head.kind == "each_step" else logits
    our_gradients = torch.autograd.grad(counted.square().sum(), variables)

    assert_close(unrolled.outputs[batch.mask], reference[batch.mask], tolerance)
    assert_close(counted, torch.cat(answers) if spec.head.kind == "each_step" else torch.stack(answers), tolerance)
    for ours, theirs in zip(our_gradients, their_gradients, strict=True):
        assert_close(ours, theirs, tolerance)
    hidden, cell = final if spec.encoder.cell == "lstm" else (final, None)
    for index, layer in enumerate(unrolled.stacks["encoder"]):
        last = 0 if layer.direction == "backward" else -1  # after its end a state stands still
        assert_close(layer.hidden[:, last], hidden[index], tolerance)
        if cell is not None:
            assert_close(layer.cell[:, last], cell[index], tolerance)
        assert tuple(layer.gates) == (GATES[spec.encoder.cell] or ("preactivation",))


@settings(deadline=None, max_examples=60)
@given(specs(), lengths, st.integers(0, 9), precisions)
def test_the_network_itself_does_too(spec, lengths, seed, precision):
    """`forward` packs and masks; a trace is the same answer."""
    dtype, tolerance = precision
    model, batch = network_for(spec, seed, dtype), batch_for(spec, lengths, seed, dtype)
    reference, _ = packed(model, model.embed(batch.inputs), batch.lengths)
    answers = [answer_of_one(model, row[:length]) for row, length in zip(reference, batch.lengths, strict=True)]
    logits, traced = model(batch.inputs, batch.lengths), trace(model, batch).logits
    if spec.head.kind == "each_step":
        logits, traced, answers = logits[batch.mask], traced[batch.mask], [torch.cat(answers)]
    expected = answers[0] if spec.head.kind == "each_step" else torch.stack(answers)
    assert_close(logits, expected, tolerance)
    assert_close(traced, expected.detach(), tolerance)


@settings(deadline=None, max_examples=40)
@given(specs(heads=("last", "each_step")), st.integers(0, 9))
def test_it_goes_on_from_a_state(spec, seed):
    model, batch = network_for(spec, seed), batch_for(spec, [12, 7], seed)
    x, lengths = model.prepare(batch)
    count = spec.encoder.num_layers * spec.encoder.directions
    hidden = torch.randn(count, 2, spec.encoder.hidden_size, generator=torch.Generator().manual_seed(seed)).double()
    start = (hidden, hidden.flip(0)) if spec.encoder.cell == "lstm" else hidden
    outputs = model.unroll(x, lengths, state=start).outputs
    assert_close(outputs[batch.mask], model.encode(x, start, lengths)[0][batch.mask], 1e-10)


@settings(deadline=None, max_examples=30)
@given(specs(heads=("each_step",)), st.integers(0, 9))
def test_answers_that_are_fed_back_are_those_of_the_fused_layer_step_by_step(spec, seed):
    """What a decoder does: each input is the answer to the one before."""
    assume(not spec.encoder.bidirectional)
    model, size = network_for(spec, seed), spec.input.size

    def next_input(top: Tensor) -> Tensor:
        return torch.nn.functional.pad(model.head(top[:, None])[:, 0].tanh(), (0, size))[:, :size]

    answers = [torch.zeros(2, size, dtype=torch.float64)]
    for steps, _ in zip(unroll_steps(model.stacks["encoder"], iter_last(answers)), range(6), strict=False):
        assert [step.step for step in steps] == [len(answers) - 1] * spec.encoder.num_layers
        answers.append(next_input(steps[-1].state.hidden))

    expected, state = [torch.zeros(2, size, dtype=torch.float64)], None
    for _ in range(6):
        outputs, state = model.encoder(expected[-1][:, None], state)
        expected.append(next_input(outputs[:, -1]))
    assert_close(torch.stack(answers), torch.stack(expected), 1e-10)


def iter_last(values: list[Tensor]):
    """The last of the values, whenever one is asked for."""
    while True:
        yield values[-1]


def test_a_backward_layer_refuses_inputs_that_come_one_by_one():
    backward = build_model(ModelSpec.classifier(bidirectional=True)).stacks["encoder"][1]
    with pytest.raises(InputError, match="reads backward needs the whole sequence"):
        next(unroll(backward, iter([torch.zeros(1, 28)])))


def test_relu_network_equals_the_fused_layer():
    model = build_model(ModelSpec.classifier("rnn", nonlinearity="relu", num_layers=2)).double()
    x = torch.rand(2, 9, 28, dtype=torch.float64)
    torch.testing.assert_close(trace(model, x).logits, model(x), atol=1e-10, rtol=0)


@pytest.mark.parametrize("cell", CELLS)
def test_the_truncation_of_bptt_leaves_the_states_and_cuts_the_gradient(cell):
    """Against the fused layer run chunk by chunk with a detached state."""
    model = build_model(ModelSpec.classifier(cell, 5, input_size=3)).double()
    x = torch.rand(2, 9, 3, dtype=torch.float64)
    _, outputs = unroll_stack(model.stacks["encoder"], x, truncate=4)
    ours = torch.autograd.grad(outputs.square().sum(), list(model.encoder.parameters()))
    state, chunks = None, []
    for chunk in x.split(4, dim=1):
        part, state = model.encoder(chunk, state)
        state = tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()
        chunks.append(part)
    theirs = torch.autograd.grad(torch.cat(chunks, dim=1).square().sum(), list(model.encoder.parameters()))
    for mine, reference in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, reference, atol=1e-10, rtol=1e-10)


def test_each_lstm_gate_against_the_weights():
    """Gates at the first step, where h is zero: nothing but the weights and the input."""
    model = build_model(ModelSpec.classifier("lstm", 4, input_size=3)).double()
    x = torch.rand(1, 5, 3, dtype=torch.float64)
    layer = trace(model, x).layers[0]
    total = model.encoder.weight_ih_l0 @ x[0, 0] + model.encoder.bias_ih_l0 + model.encoder.bias_hh_l0
    expected = dict(zip(GATES["lstm"], total.detach().split(4), strict=True))
    for name, value in expected.items():
        squash = torch.tanh if name == "candidate" else torch.sigmoid
        torch.testing.assert_close(layer.gates[name][0, 0], squash(value))
