"""The numbers of a unit's equations sum to the trace's, for every gate of every cell."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqviz.data.batch import Batch
from seqviz.errors import InputError
from seqviz.instruments.edits import Edit
from seqviz.instruments.gates import BATCH, gate_statistics
from seqviz.instruments.trace import trace
from seqviz.instruments.unit_ablation import ablate_units, ablate_units_on_split, evaluate_edited
from seqviz.instruments.unit_equations import unit_equations
from seqviz.networks.build import build_model
from seqviz.specs import GATES, ModelSpec
from tests.strategies import TIME, batch_for, network_for, specs


def score(model, split, edits=()):
    *_, evaluation = evaluate_edited(model, split, edits)
    return evaluation


@settings(deadline=None, max_examples=60)
@given(specs(), st.integers(1, TIME), st.data())
def test_every_number_adds_up_to_the_trace(spec, length, data):
    model, x = network_for(spec, 3), batch_for(spec, [TIME, length], 1)
    seen = trace(model, x)
    layer = data.draw(st.integers(0, len(seen.layers) - 1))
    step = data.draw(st.integers(0, int(x.lengths[1]) - 1))
    unit = data.draw(st.integers(0, spec.encoder.hidden_size - 1))
    moment = unit_equations(model, x, seen, layer=layer, step=step, unit=unit, item=1)
    signals = seen.layers[layer]
    assert [part.gate for part in moment.sums] == list(GATES[spec.encoder.cell] or ("preactivation",))
    for part in moment.sums:
        total = part.from_input + part.input_bias + part.factor * (part.from_hidden + part.hidden_bias)
        assert part.total == pytest.approx(total)
        expected = float(signals.gates[part.gate][1, step, unit])
        shown = part.total if part.gate == "preactivation" else part.value
        assert shown == pytest.approx(expected, abs=1e-9)
        width = spec.input.size if signals.layer == 0 else spec.encoder.hidden_size * spec.encoder.directions
        if width <= 5:
            assert sum(term.product for term in part.inputs) == pytest.approx(part.from_input)
        if spec.encoder.hidden_size <= 5:
            assert sum(term.product for term in part.hiddens) == pytest.approx(part.from_hidden, abs=1e-9)
        sizes = [abs(term.product) for term in part.hiddens]
        assert sizes == sorted(sizes, reverse=True)
    assert moment.hidden == pytest.approx(float(signals.hidden[1, step, unit]))
    value = {part.gate: part.value for part in moment.sums}
    if spec.encoder.cell == "lstm":
        cell = value["forget"] * moment.cell_before + value["input"] * value["candidate"]
        assert moment.cell_state == pytest.approx(cell, abs=1e-9)
    if spec.encoder.cell == "gru":
        hidden = (1 - value["update"]) * value["new"] + value["update"] * moment.hidden_before
        assert moment.hidden == pytest.approx(hidden, abs=1e-9)


def test_places_that_are_not_there(small):
    x = torch.rand(1, 28, 28)
    seen = trace(small, x)
    for where, says in [
        ({"layer": 1, "step": 0, "unit": 0}, "no layer 1"),
        ({"layer": 0, "step": 28, "unit": 0}, "no row 28"),
        ({"layer": 0, "step": 0, "unit": 8}, "no unit 8"),
    ]:
        with pytest.raises(InputError, match=says):
            unit_equations(small, x, seen, **where)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_gate_statistics_against_the_whole_trace(few, cell):
    model = build_model(ModelSpec.classifier(cell=cell, hidden_size=7), seed=1)
    gates = trace(model, few.test.inputs).layers[0].gates
    for found in gate_statistics(model, few.test):
        values = gates[found.gate]
        torch.testing.assert_close(found.mean, values.mean(dim=(0, 1)))
        torch.testing.assert_close(found.low, (values < 0.1).float().mean(dim=(0, 1)))
        torch.testing.assert_close(found.high, (values > 0.9).float().mean(dim=(0, 1)))
        assert found.histogram.sum(dim=1).tolist() == [len(few.test) * 7] * 28
        for step in (0, 13):
            low, high = found.limits
            expected = torch.histc(values[:, step].double(), bins=40, min=low, max=high)
            assert (found.histogram[step] - expected).abs().sum() <= 2  # a value on the edge of a bin
        fives = values[few.test.targets == 5].mean(dim=(0, 2))
        torch.testing.assert_close(found.by_class[5], fives)
        if found.limits == (0.0, 1.0):  # after that many rows at its mean, a gate has let 1/e through
            torch.testing.assert_close(found.mean**found.time_scale, torch.full((7,), 1 / math.e))


def test_gate_statistics_leave_padding_out():
    """A padded sequence counts as it does alone."""
    spec = ModelSpec.classifier("gru", 5, input_size=3)
    model, x = build_model(spec, seed=1), torch.rand(2, 9, 3)
    padded = Batch(x, torch.tensor([0, 1]), torch.tensor([9, 4]))
    gates = trace(model, padded).layers[0].gates
    for found in gate_statistics(model, padded, num_classes=2):
        values = gates[found.gate]
        read = torch.cat([values[0], values[1, :4]])
        torch.testing.assert_close(found.mean, read.mean(dim=0))
        torch.testing.assert_close(found.high, (read > 0.9).float().mean(dim=0))
        assert found.histogram.sum(dim=1).tolist() == [10] * 4 + [5] * 5
        torch.testing.assert_close(found.by_class[1, :4], values[1, :4].mean(dim=1))


def test_ablating_the_units_of_a_digit_is_editing_them_one_by_one(small, few):
    x = few.test.inputs[:1]
    found = ablate_units(small, x, target=3)
    whole = trace(small, x).logits.softmax(dim=-1)[0, 3]
    assert found.whole == pytest.approx(float(whole), abs=1e-6)
    for unit in range(8):
        left = trace(small, x, [Edit("hidden", "clamp", 0.0, units=(unit,))]).logits.softmax(dim=-1)[0, 3]
        assert float(found.loss[unit]) == pytest.approx(float(whole - left), abs=1e-6)


def test_ablation_on_a_split(small, few):
    split = Batch(few.test.inputs[:20], few.test.targets[:20])
    *progress, found = ablate_units_on_split(small, split)
    assert progress == [(unit + 1) / 8 for unit in range(8)]
    assert found.whole == score(small, split).accuracy
    left = score(small, split, [Edit("hidden", "clamp", 0.0, units=(2,))]).accuracy
    assert float(found.loss[2]) == pytest.approx(found.whole - left)


def test_gate_statistics_of_more_sequences_than_go_at_once():
    """The longest sequence stands in the first part, so the second would be narrower if it were cut to its own."""
    model = build_model(ModelSpec.classifier("gru", 2, input_size=2), seed=1)
    lengths = torch.cat([torch.tensor([6]), torch.full((BATCH + 1,), 3)])
    batch = Batch(torch.rand(len(lengths), 6, 2), torch.zeros(len(lengths), dtype=torch.int64), lengths)
    for found in gate_statistics(model, batch, num_classes=1):
        assert found.histogram.sum(dim=1).tolist() == [2 * (BATCH + 2)] * 3 + [2] * 3
