"""Edits: identities, exact consequences, and weights that nobody touches."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqviz.data.batch import Batch
from seqviz.errors import InputError
from seqviz.instruments.edits import Edit
from seqviz.instruments.trace import Trace, trace
from seqviz.instruments.unit_ablation import BATCH, evaluate_edited
from seqviz.networks import scoring
from seqviz.networks.build import build_model
from seqviz.specs import SIGNALS, ModelSpec
from tests.strategies import TIME, batch_for, lengths, network_for, specs


def evaluate(model, split, edits=()):
    *_, evaluation = evaluate_edited(model, split, edits)
    return evaluation


def same(one: Trace, other: Trace) -> bool:
    """To the last bit."""
    pairs = [(one.logits, other.logits), (one.prefix_logits, other.prefix_logits)]
    for a, b in zip(one.layers, other.layers, strict=True):
        pairs += [(a.hidden, b.hidden), *((a.gates[name], b.gates[name]) for name in a.gates)]
        if a.cell is not None:
            pairs.append((a.cell, b.cell))
    return all(torch.equal(a, b) for a, b in pairs)


@settings(deadline=None, max_examples=40)
@given(specs(), lengths, st.data())
def test_edits_that_change_nothing_change_nothing(spec, lengths, data):
    model, x = network_for(spec, 1), batch_for(spec, lengths, 3)
    plain = trace(model, x)
    layer = data.draw(st.integers(0, len(plain.layers) - 1))
    signal = data.draw(st.sampled_from(SIGNALS[spec.encoder.cell]))
    nothing = [
        Edit(signal, "scale", 1.0, layer),
        Edit(signal, "clamp", 5.0, layer, units=()),
        Edit(signal, "clamp", 5.0, layer, first=TIME),
    ]
    swap = Edit(signal, "swap", layer=layer, source=plain.layers)
    assert same(trace(model, x, []), plain)
    unchanged, swapped = trace(model, x, nothing), trace(model, x, [*nothing, swap])
    if spec.encoder.bidirectional:  # without edits all prefixes are read in one packed batch, which rounds elsewhere
        torch.testing.assert_close(unchanged.prefix_logits, plain.prefix_logits, atol=1e-10, rtol=0)
        unchanged = replace(unchanged, prefix_logits=plain.prefix_logits)
        # A prefix read anew has another backward trace, so of what is swapped only the whole is the same.
        swapped = replace(swapped, prefix_logits=plain.prefix_logits)
    assert same(unchanged, plain)
    assert same(swapped, plain)


@settings(deadline=None, max_examples=40)
@given(specs(), st.data())
def test_an_edit_acts_where_it_says_and_not_before(spec, data):
    model, x = network_for(spec, 1), batch_for(spec, [TIME], 3)
    plain = trace(model, x)
    layer = data.draw(st.integers(0, len(plain.layers) - 1))
    signal = data.draw(st.sampled_from(SIGNALS[spec.encoder.cell]))
    unit = data.draw(st.integers(0, spec.encoder.hidden_size - 1))
    step = data.draw(st.integers(0, TIME - 1))
    edited = trace(model, x, [Edit(signal, "clamp", 0.25, layer, units=(unit,), first=step, last=step)])
    before, after = plain.layers[layer], edited.layers[layer]
    assert after.signal(signal)[0, step, unit] == 0.25
    earlier = slice(0, step) if before.direction == "forward" else slice(step + 1, None)
    assert torch.equal(after.hidden[:, earlier], before.hidden[:, earlier])
    others = [u for u in range(spec.encoder.hidden_size) if u != unit]
    assert torch.equal(after.signal(signal)[0, step, others], before.signal(signal)[0, step, others])


def test_a_held_forget_gate_and_a_closed_input_gate_freeze_the_cell():
    model = build_model(ModelSpec.classifier("lstm", 9)).double()
    x = torch.rand(3, 28, 28, dtype=torch.float64)
    edits = [Edit("forget", "clamp", 1.0, first=9), Edit("input", "clamp", 0.0, first=9)]
    cell = trace(model, x, edits).layers[0].cell
    for step in range(9, 28):
        assert torch.equal(cell[:, step], cell[:, 8])


def test_an_update_gate_at_one_freezes_a_gru():
    model = build_model(ModelSpec.classifier("gru", 9))
    hidden = trace(model, torch.rand(2, 28, 28), [Edit("update", "clamp", 1.0, first=5)]).layers[0].hidden
    assert torch.equal(hidden[:, 5:], hidden[:, 4:5].expand(-1, 23, -1))


def test_a_transplanted_state_is_the_donors_from_there_on():
    """With the donor's state before row 15 and the donor's rows after it, the network is where the donor was."""
    model = build_model(ModelSpec.classifier("lstm", 7, num_layers=2)).double()
    patient, donor = torch.rand(2, 28, 28, dtype=torch.float64).split(1)
    source = trace(model, donor)
    swaps = [
        Edit(signal, "swap", layer=layer, first=14, last=14, source=source.layers)
        for layer in (0, 1)
        for signal in ("cell", "hidden")
    ]
    mixed = torch.cat([patient[:, :15], donor[:, 15:]], dim=1)
    torch.testing.assert_close(trace(model, mixed, swaps).logits, source.logits, atol=1e-12, rtol=0)


def test_edits_compose_in_order():
    model, x = build_model(ModelSpec.classifier("gru", 5)), torch.rand(1, 28, 28)
    halving = [Edit("update", "clamp", 0.8), Edit("update", "scale", 0.5)]
    assert torch.allclose(trace(model, x, halving).layers[0].gates["update"], torch.tensor(0.4))
    assert torch.allclose(trace(model, x, halving[::-1]).layers[0].gates["update"], torch.tensor(0.8))


def test_noise_is_drawn_from_its_seed():
    model, x = build_model(ModelSpec.classifier("rnn", 5)), torch.rand(1, 28, 28)
    before = torch.get_rng_state()
    noisy = [trace(model, x, [Edit("hidden", "noise", 0.3, seed=seed)]) for seed in (1, 1, 2)]
    assert same(noisy[0], noisy[1])
    assert not same(noisy[0], noisy[2])
    assert torch.equal(torch.get_rng_state(), before)
    added = noisy[0].layers[0].hidden - torch.tanh(noisy[0].layers[0].gates["preactivation"])
    assert abs(float(added.std()) - 0.3) < 0.06


def test_noises_of_one_seed_are_independent(few):
    model, x = build_model(ModelSpec.classifier("lstm", 40)), torch.rand(1, 28, 28)
    plain = trace(model, x).layers[0].gates
    edits = [Edit("input", "noise", 1.0), Edit("forget", "noise", 1.0)]
    noise = [
        (trace(model, x, [edit]).layers[0].gates[edit.signal] - plain[edit.signal])[0, 0] for edit in edits
    ]  # at row 1 nothing has fed back yet
    assert abs(float(torch.corrcoef(torch.stack(noise))[0, 1])) < 0.5
    x = few.test.inputs[:1].repeat(2, 1, 1)
    twice = [trace(model, x[i : i + 1], [edits[0].for_batch(i, i + 1)]).logits for i in range(2)]
    assert not torch.equal(*twice)


def test_silencing_a_unit_is_cutting_its_wires(few):
    """The same answers as a network whose weights from that unit are zero; and the weights are as they were."""
    model = build_model(ModelSpec.classifier("gru", 6), seed=2)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    edit = Edit("hidden", "clamp", 0.0, units=(4,))
    cut = build_model(model.spec, seed=2)
    with torch.no_grad():
        cut.encoder.weight_hh_l0[:, 4] = 0
        cut.head.weight[:, 4] = 0
        cut.encoder.weight_ih_l0[16], cut.encoder.bias_ih_l0[16], cut.encoder.bias_hh_l0[16] = (
            0,
            0,
            0,
        )  # its own new gate
        cut.encoder.weight_hh_l0[16] = 0
    x = few.test.inputs
    torch.testing.assert_close(trace(model, x, [edit]).logits, cut(x), atol=1e-6, rtol=0)
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, before[name])


def test_evaluate_with_edits(few):
    model = build_model(ModelSpec.classifier("gru", 6), seed=2)
    assert abs(evaluate(model, few.test).loss - scoring.evaluate(model, few).loss) < 1e-6
    assert evaluate(model, few.test).confusion.tolist() == scoring.evaluate(model, few).confusion.tolist()
    dead = evaluate(model, few.test, [Edit("hidden", "clamp", 0.0)])
    answer = int(model.head.bias.argmax())
    assert dead.confusion[:, answer].sum() == len(few.test)


def test_each_digit_has_its_own_donor_in_every_batch(few):
    """With all states of the last row taken from other digits, the answers are theirs."""
    model = build_model(ModelSpec.classifier("lstm", 6), seed=2)
    digits = Batch(few.test.inputs.repeat(12, 1, 1), few.test.targets.repeat(12))
    assert len(digits) > 2 * BATCH
    donors = Batch(digits.inputs.flip(0), digits.targets)
    source = trace(model, donors.inputs).layers
    swapped = evaluate(model, digits, [Edit("hidden", "swap", first=27, source=source)])
    assert abs(swapped.loss - evaluate(model, donors).loss) < 1e-6
    assert abs(swapped.loss - evaluate(model, digits).loss) > 1e-4
    with pytest.raises(InputError, match="source has shape"):
        evaluate(model, digits, [Edit("hidden", "swap", source=tuple(one.each(lambda s: s[:150]) for one in source))])


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (Edit("forget", "clamp"), "A gru has no signal 'forget'; it has reset, update, new, hidden"),
        (Edit("update", "clamp", layer=3), "in layer 3; this network has layers 0 to 0"),
        (Edit("update", "clamp", units=(6,)), r"units \(6,\); this layer has units 0 to 5"),
        (Edit("update", "clamp", float("nan")), "value is nan"),
        (Edit("update", "noise", -1.0), "for noise 0 or more"),
        (Edit("update", "swap"), "needs the layers of another trace"),
        (Edit("update", "clamp", stack="decoder"), "in the stack 'decoder'; this network has encoder"),
    ],
)
def test_edits_that_cannot_be(edit, says):
    with pytest.raises(InputError, match=says):
        trace(build_model(ModelSpec.classifier("gru", 6)), torch.zeros(1, 28, 28), [edit])


def test_a_swap_needs_a_source_for_the_steps_that_it_gives_and_no_more():
    model = build_model(ModelSpec.classifier("gru", 5, input_size=3, num_classes=2), 1)
    short, long = torch.rand(1, 4, 3), torch.rand(2, 9, 3)
    source = trace(model, short).layers
    swapped = trace(model, long, [Edit("hidden", "swap", first=1, last=3, source=source)])
    assert torch.equal(swapped.layers[0].hidden[:, 3], source[0].hidden[:, 3].expand(2, -1))
    for last in (4, None):
        with pytest.raises(InputError, match="for the steps that it is to give"):
            trace(model, long, [Edit("hidden", "swap", first=1, last=last, source=source)])
