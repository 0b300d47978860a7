"""Gradients through time, held to `loss.backward()`, to finite differences and to exact identities."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from seqviz.data.batch import Batch
from seqviz.errors import InputError
from seqviz.instruments.gradients import gradient_flow, gradient_half_life
from seqviz.networks.build import build_model
from seqviz.networks.modifications import Modifications, with_modifications
from seqviz.networks.unroll import unroll
from seqviz.specs import CELLS, ModelSpec
from tests.strategies import TIME, batch_for, lengths, loss_of, network_for, specs


def doubles(*shape: int) -> torch.Tensor:
    return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


@settings(deadline=None, max_examples=40)
@given(specs(), lengths)
def test_the_sum_over_steps_is_what_backward_gives(spec, lengths):
    """Through PyTorch's fused layers, packed where lengths differ."""
    model, batch, loss_function = network_for(spec, 1), batch_for(spec, lengths, 4), loss_of(spec)
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, 7.0)
    flow = gradient_flow(model, batch, loss_function)
    assert all((parameter.grad == 7).all() for parameter in model.parameters())
    model.zero_grad()
    loss = loss_function(model(batch.inputs, batch.lengths), batch)
    loss.backward()
    assert flow.loss == pytest.approx(loss.item(), abs=1e-12)
    for layer in flow.layers:
        suffix = f"l{layer.layer}" + ("_reverse" if layer.direction == "backward" else "")
        for name in ("weight_ih", "weight_hh"):
            expected = getattr(model.encoder, f"{name}_{suffix}").grad
            torch.testing.assert_close(layer.weight_grad(name), expected, atol=1e-12, rtol=1e-9)
            terms = torch.stack([layer.weight_term(name, step) for step in range(TIME)])
            torch.testing.assert_close(terms.sum(dim=0), expected, atol=1e-12, rtol=1e-9)
            torch.testing.assert_close(layer.term_norms(name), terms.flatten(1).norm(dim=1), atol=1e-8, rtol=1e-6)


@settings(deadline=None, max_examples=25)
@given(specs(), lengths, st.data())
def test_a_states_gradient_is_its_finite_difference(spec, lengths, data):
    """Nudge one hidden (or cell) state, let everything after it follow, and watch the loss; padding has no part."""
    model, batch, loss_function = network_for(spec, 2), batch_for(spec, lengths, 5), loss_of(spec)
    flow = gradient_flow(model, batch, loss_function)
    layers = model.stacks["encoder"]
    index = data.draw(st.integers(0, len(layers) - 1))
    step = data.draw(st.integers(0, TIME - 1))
    unit = data.draw(st.integers(0, spec.encoder.hidden_size - 1))
    signal = data.draw(st.sampled_from(["hidden", "cell"] if spec.encoder.cell == "lstm" else ["hidden"]))

    def loss(nudge: float) -> float:
        def intervene(at, name, value):
            if (at, name) != (step, signal):
                return value
            value = value.clone()
            value[-1, unit] += nudge
            return value

        changes = [intervene if i == index else None for i in range(len(layers))]
        with torch.no_grad():
            unrolled = model.unroll(*model.prepare(batch), {"encoder": changes})
            return loss_function(model.head(unrolled.outputs, unrolled.mask), batch).item()

    found = flow.layers[index].hidden_grad if signal == "hidden" else flow.layers[index].cell_grad
    difference = (loss(1e-5) - loss(-1e-5)) / 2e-5
    assert found[-1, step, unit].item() == pytest.approx(difference, abs=1e-8)
    if step >= batch.lengths[-1]:
        assert found[-1, step, unit] == 0


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_what_is_not_direct_came_through_the_next_step(cell, bidirectional):
    """W_hhᵀ δ of the step read next (for a GRU also z ⊙ ∂L/∂h of it), computed from the weights."""
    spec = ModelSpec.classifier(cell=cell, hidden_size=5, num_layers=2, head="concat", bidirectional=bidirectional)
    model, x = build_model(spec, 3).double(), doubles(2, 28, 28)
    flow = gradient_flow(model, Batch(x, torch.tensor([3, 4])))
    for layer, view in zip(flow.layers, model.stacks["encoder"], strict=True):
        back = layer.recurrent_delta @ view.weight_hh.detach()
        if cell == "gru":
            inputs = layer.inputs
            update = {one.step: one.gates["update"].detach() for one in unroll(view, inputs)}
            back = back + torch.stack([update[t] for t in range(28)], dim=1) * layer.hidden_grad
        nothing = torch.zeros_like(back[:, :1])
        forward = layer.direction == "forward"
        expected = torch.cat([back[:, 1:], nothing] if forward else [nothing, back[:, :-1]], dim=1)
        torch.testing.assert_close(layer.through_time, expected, atol=1e-12, rtol=0)


def test_the_heads_own_part():
    """The last head reads one step; the concat head's direct part is its weight for that step."""
    model = build_model(ModelSpec.classifier("gru", 6, head="last")).double()
    x, y = doubles(2, 28, 28), torch.tensor([1, 2])
    direct = gradient_flow(model, Batch(x, y)).layers[0].direct
    assert (direct[:, :-1] == 0).all()
    model = build_model(ModelSpec.classifier("gru", 6, head="concat")).double()
    residual = (model(x).softmax(dim=1) - F.one_hot(y, 10)) / 2  # ∂L/∂logits
    expected = torch.einsum("bc,cth->bth", residual, model.head.weight.unflatten(1, (28, 6))).detach()
    torch.testing.assert_close(gradient_flow(model, Batch(x, y)).layers[0].direct, expected, atol=1e-12, rtol=0)


def test_a_relu_network_with_identity_weights_keeps_the_norm_exactly():
    model = with_modifications(
        build_model(ModelSpec.classifier("rnn", 16, nonlinearity="relu")), Modifications("identity")
    )
    with torch.no_grad():
        model.encoder.weight_ih_l0.abs_()  # every unit stays on
        model.encoder.bias_ih_l0.fill_(0.1)
    norms = gradient_flow(model, Batch(torch.rand(3, 28, 28), torch.tensor([1, 2, 3]))).layers[0].norms
    assert torch.equal(norms, norms[:, -1:].expand(-1, 28))
    assert gradient_half_life(norms[0]) is None


@pytest.mark.parametrize("radius", [0.4, 0.8])
def test_the_decay_rate_is_the_spectral_radius(radius):
    """With tanh at its steepest (no input, no bias: the state is 0), h stays 0 and only W_hh acts."""
    model = with_modifications(
        build_model(ModelSpec.classifier("rnn", 24)).double(),
        Modifications("orthogonal", spectral_radius=radius),
    ).double()
    norms = gradient_flow(model, Batch(torch.zeros(1, 200, 28).double(), torch.tensor([4]))).layers[0].norms[0]
    rates = norms[100:-1] / norms[101:]
    torch.testing.assert_close(rates, torch.full_like(rates, radius), atol=1e-6, rtol=0)


@settings(deadline=None, max_examples=20)
@given(st.sampled_from(CELLS), st.integers(1, 9), st.integers(2, 11), st.integers(1, 12))
def test_truncation_cuts_the_gradient_and_not_the_state(cell, units, time, length):
    """A reference by hand: `detach` between two calls of PyTorch's own layer. One layer, one direction, last head."""
    model = build_model(ModelSpec.classifier(cell, units, input_size=3, num_classes=4), 1).double()
    batch = Batch(doubles(2, time, 3), torch.tensor([0, 1]))
    whole, cut = gradient_flow(model, batch), gradient_flow(model, batch, truncate=length)
    assert cut.loss == pytest.approx(whole.loss, abs=1e-12)
    last = (time - 1) // length * length
    assert (cut.layers[0].hidden_grad[:, :last] == 0).all()
    model.zero_grad()
    state = None
    for start in range(0, time, length):
        if state is not None:
            state = tuple(part.detach() for part in state) if cell == "lstm" else state.detach()
        outputs, state = model.encoder(batch.inputs[:, start : start + length], state)
    F.cross_entropy(model.head(outputs), batch.targets).backward()
    expected = model.encoder.weight_hh_l0.grad
    torch.testing.assert_close(cut.layers[0].weight_grad("weight_hh"), expected, atol=1e-12, rtol=0)
    if length >= time:
        assert torch.equal(cut.layers[0].hidden_grad, whole.layers[0].hidden_grad)


def test_weights_need_not_ask_for_gradients():
    model = build_model(ModelSpec.classifier("lstm", 4)).requires_grad_(False)
    with torch.no_grad():
        assert gradient_flow(model, Batch(torch.rand(1, 28, 28), torch.tensor([1]))).layers[0].norms.min() > 0


def test_an_overflow_is_named_with_its_row():
    relu = build_model(ModelSpec.classifier("rnn", 8, nonlinearity="relu"))
    batch = Batch(torch.rand(1, 200, 28), torch.tensor([1]))
    forward = gradient_flow(with_modifications(relu, Modifications(spectral_radius=8.0)), batch).overflow
    assert forward.where == "forward"
    assert f"row {forward.step + 1}" in str(forward)
    hidden = relu.encoder(batch.inputs)[0]  # the same weights unscaled do not overflow
    assert hidden.isfinite().all()
    assert gradient_flow(relu, batch).overflow is None
    linear = with_modifications(relu, Modifications("identity", spectral_radius=1.5))
    with torch.no_grad():
        linear.encoder.weight_ih_l0.zero_()
        linear.encoder.bias_ih_l0.fill_(1e-38)  # on, yet tiny: the state stays small and the gradient does not
        linear.head.weight.mul_(1e10)
    backward = gradient_flow(linear, batch).overflow
    assert backward.where == "backward"
    assert 0 < backward.step < 199
    assert f"row {backward.step + 1}" in str(backward)


def test_norms_are_held_where_float32_cannot_hold_their_squares():
    relu = build_model(ModelSpec.classifier("rnn", 8, nonlinearity="relu"))
    grown = with_modifications(relu, Modifications("identity", spectral_radius=1.6))
    with torch.no_grad():
        grown.encoder.weight_ih_l0.zero_()
        grown.encoder.bias_ih_l0.fill_(1e-30)
    flow = gradient_flow(grown, Batch(torch.rand(2, 150, 28), torch.tensor([1, 2])))
    assert flow.overflow is None
    assert flow.layers[0].norms.max() > 1e20
    assert flow.layers[0].norms.isfinite().all()
    assert flow.layers[0].term_norms("weight_hh").isfinite().all()


def test_a_backward_layer_fades_the_other_way():
    model = build_model(ModelSpec.classifier("gru", 6, bidirectional=True))
    forward, backward = gradient_flow(model, Batch(torch.rand(1, 28, 28), torch.tensor([1]))).layers
    for layer in (forward, backward):
        gone = gradient_half_life(layer.norms[0], layer.direction)
        assert gone is not None
        assert 1 <= gone <= 8
    assert gradient_half_life(backward.norms[0]) != gradient_half_life(backward.norms[0], "backward")


def test_what_cannot_be_asked():
    model = build_model(ModelSpec.classifier("gru", 4))
    with pytest.raises(InputError, match="truncation length is 0"):
        gradient_flow(model, Batch(torch.rand(1, 28, 28), torch.tensor([1])), truncate=0)
    with pytest.raises(InputError, match="NaN"):
        gradient_flow(model, Batch(torch.full((1, 28, 28), torch.nan), torch.tensor([1])))


def test_a_backward_layer_is_truncated_from_each_sequences_own_end():
    """A padded sequence has the gradients that it has alone."""
    model = build_model(ModelSpec.classifier("gru", 4, input_size=3, bidirectional=True, head="mean"), 1).double()
    x, lengths = doubles(2, 9, 3), torch.tensor([9, 7])

    def of_both(outputs: torch.Tensor, _: Batch) -> torch.Tensor:
        return outputs.sum()

    padded = gradient_flow(model, Batch(x, torch.tensor([0, 1]), lengths), of_both, truncate=3)
    alone = gradient_flow(model, Batch(x[1:, :7], torch.tensor([1])), of_both, truncate=3)
    for together, single in zip(padded.layers, alone.layers, strict=True):
        torch.testing.assert_close(together.hidden_grad[1, :7], single.hidden_grad[0], atol=1e-12, rtol=0)
