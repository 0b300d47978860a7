"""The microscope's numbers sum to the trace's, for every gate of every cell."""

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqviz.data.split import Split
from seqviz.errors import InputError
from seqviz.instruments.edits import Edit
from seqviz.instruments.gates import gate_statistics
from seqviz.instruments.microscope import examine
from seqviz.instruments.scoring import evaluate as score
from seqviz.instruments.scoring import lesions_of_digit, lesions_of_split
from seqviz.instruments.trace import trace
from seqviz.networks.build import build_model
from seqviz.specs import GATES, ModelSpec
from tests.networks.test_unroll import inputs_for, specs

short = specs.map(lambda spec: replace(spec, sequence_length=1 + spec.sequence_length % 12))


@settings(deadline=None, max_examples=60)
@given(short, st.data())
def test_every_number_adds_up_to_the_trace(spec, data):
    model, x = build_model(spec, 3).double(), inputs_for(spec, 2, 1)
    seen = trace(model, x)
    layer = data.draw(st.integers(0, len(seen.layers) - 1))
    step = data.draw(st.integers(0, spec.sequence_length - 1))
    unit = data.draw(st.integers(0, spec.hidden_size - 1))
    moment = examine(model, x, seen, layer=layer, step=step, unit=unit, item=1)
    signals = seen.layers[layer]
    assert [part.gate for part in moment.sums] == list(GATES[spec.cell] or ("preactivation",))
    for part in moment.sums:
        total = part.from_input + part.input_bias + part.factor * (part.from_hidden + part.hidden_bias)
        assert part.total == pytest.approx(total)
        expected = float(signals.gates[part.gate][1, step, unit])
        shown = part.total if part.gate == "preactivation" else part.value
        assert shown == pytest.approx(expected, abs=1e-9)
        width = spec.input_size if signals.layer == 0 else spec.hidden_size * spec.directions
        if width <= 5:
            assert sum(term.product for term in part.inputs) == pytest.approx(part.from_input)
        if spec.hidden_size <= 5:
            assert sum(term.product for term in part.hiddens) == pytest.approx(part.from_hidden, abs=1e-9)
        sizes = [abs(term.product) for term in part.hiddens]
        assert sizes == sorted(sizes, reverse=True)
    assert moment.hidden == pytest.approx(float(signals.hidden[1, step, unit]))
    value = {part.gate: part.value for part in moment.sums}
    if spec.cell == "lstm":
        cell = value["forget"] * moment.cell_before + value["input"] * value["candidate"]
        assert moment.cell_state == pytest.approx(cell, abs=1e-9)
    if spec.cell == "gru":
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
            examine(small, x, seen, **where)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_gate_statistics_against_the_whole_trace(few, cell):
    model = build_model(ModelSpec(cell=cell, hidden_size=7), seed=1)
    gates = trace(model, few.test.sequences).layers[0].gates
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
        fives = values[few.test.labels == 5].mean(dim=(0, 2))
        torch.testing.assert_close(found.by_class[5], fives)
        if found.limits == (0.0, 1.0):  # after that many rows at its mean, a gate has let 1/e through
            torch.testing.assert_close(found.mean**found.time_scale, torch.full((7,), 1 / math.e))


def test_lesions_of_a_digit_are_edits_one_by_one(small, few):
    x = few.test.sequences[:1]
    found = lesions_of_digit(small, x, target=3)
    whole = trace(small, x).logits.softmax(dim=-1)[0, 3]
    assert found.whole == pytest.approx(float(whole), abs=1e-6)
    for unit in range(8):
        left = trace(small, x, [Edit("hidden", "clamp", 0.0, units=(unit,))]).logits.softmax(dim=-1)[0, 3]
        assert float(found.loss[unit]) == pytest.approx(float(whole - left), abs=1e-6)


def test_lesions_of_a_split(small, few):
    split = Split(few.test.sequences[:20], few.test.labels[:20])
    *progress, found = lesions_of_split(small, split)
    assert progress == [(unit + 1) / 8 for unit in range(8)]
    assert found.whole == score(small, split).accuracy
    left = score(small, split, [Edit("hidden", "clamp", 0.0, units=(2,))]).accuracy
    assert float(found.loss[2]) == pytest.approx(found.whole - left)
