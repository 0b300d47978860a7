"""What units follow: scores against scikit-learn and NumPy, properties against Python's own tokenizer."""

import io
import token as tokens
import tokenize

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from seqviz.data import stdlib
from seqviz.errors import InputError
from seqviz.instruments.text_units import properties, read_units, similar_passages, unit_scores
from seqviz.networks.build import build_model
from seqviz.specs import ModelSpec

GENERATOR = torch.Generator().manual_seed(0)
STRINGS = [getattr(tokens, name) for name in ("STRING", "FSTRING_START", "FSTRING_MIDDLE") if hasattr(tokens, name)]


def test_hidden_states_are_the_networks_own():
    model = build_model(ModelSpec.language_model("ab\n", hidden_size=5), 1).eval()
    found = read_units(model, "abba\n")
    assert found.shape == (5, 5)
    torch.testing.assert_close(read_units(model, "abb"), found[:3])
    with pytest.raises(InputError, match="no text to read"):
        read_units(model, "")
    with pytest.raises(InputError, match="does not know '<'"):
        read_units(model, "a<script>")


def test_scores_are_scikit_learns_and_numpys():
    hidden = torch.randn(400, 6, generator=GENERATOR).round(decimals=1)  # ties included
    yes = (torch.rand(400, generator=GENERATOR) < 0.2).float()
    number = hidden[:, 2] * 2 + torch.randn(400, generator=GENERATOR)
    hidden[:, 5] = 1.0  # a unit that never moves
    found = unit_scores(hidden, {"quotes": yes, "position": number})
    assert found["quotes"].measure == "AUC"
    for unit in range(6):
        assert float(found["quotes"].scores[unit]) == pytest.approx(roc_auc_score(yes, hidden[:, unit]))
    for unit in range(5):
        expected = np.corrcoef(hidden[:, unit], number)[0, 1]
        assert float(found["position"].scores[unit]) == pytest.approx(expected, abs=1e-6)
    assert found["position"].scores[5] == 0
    assert found["position"].ranking[0] == 2
    assert found["quotes"].strength[5] == 0


def python_says(source: str) -> tuple[np.ndarray, np.ndarray]:
    """Which characters lie inside quotes, and the bracket depth, by Python's own tokenizer."""
    starts = np.cumsum([0, *(len(line) for line in source.splitlines(keepends=True))])
    inside, depth = np.zeros(len(source)), np.zeros(len(source))
    for found in tokenize.generate_tokens(io.StringIO(source).readline):
        start, end = (starts[row - 1] + column for row, column in (found.start, found.end))
        if found.type in STRINGS:
            quote = start + next(i for i, character in enumerate(found.string) if character in "'\"")
            inside[quote : end - 1] = 1
        if found.type == tokens.OP and found.string in "([{":
            depth[start:] += 1
        if found.type == tokens.OP and found.string in ")]}":
            depth[start:] -= 1
    return inside, depth


@pytest.mark.skipif(len(STRINGS) > 1, reason="Python 3.12 and later part f-strings into pieces; 3.11 is the reference")
def test_quotes_and_brackets_are_those_of_pythons_tokenizer():
    compared = 0
    for source in stdlib._modules(held_out=True):
        found = properties(source)
        inside, depth = python_says(source)
        assert np.array_equal(found["quotes"].numpy(), inside)
        assert np.array_equal(found["brackets"].numpy(), depth)
        compared += 1
    assert compared > 5


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("'Tis you'll don't", ""),
        ("x = 'a\\'b' + \"c\"", "'a\\'b\"c"),
        ("'over\\\nlines' y", "'over\\\nlines"),
        ("# don't\n'yes'", "'yes"),
        ('"""a \'b\n', '"""a \'b\n'),
    ],
)
def test_quotes(text, inside):
    doubled = f"{text}\n{text}"
    found = properties(doubled).get("quotes", torch.zeros(len(doubled)))[: len(text)]
    assert "".join(character for character, yes in zip(text, found.tolist(), strict=True) if yes) == inside


def test_the_other_properties():
    text = "A b\n    Cd = (1)\n\n  e\n" * 3
    found = properties(text)
    assert found["position"][:8].tolist() == [1, 2, 3, 0, 1, 2, 3, 4]
    assert found["indentation"][:10].tolist() == [0, 0, 0, 0, 1, 2, 3, 4, 4, 4]
    assert [text[i] for i in found["capital"].nonzero().flatten().tolist()] == ["A", "C"] * 3
    assert [text[i] for i in found["newline"].nonzero().flatten().tolist()] == ["\n"] * 12
    assert {text[i] for i in found["boundary"].nonzero().flatten().tolist()} == set(" \n=()")
    assert "quotes" not in found, "what never changes says nothing"


@settings(deadline=None)
@given(st.text("ab'\"#\\\n([{}]) ", max_size=60))
def test_any_text_has_properties(text):
    for values in properties(text).values():
        assert len(values) == len(text)
        assert values.min() >= 0


def test_similar_stretches_find_what_was_planted():
    generator = torch.Generator().manual_seed(0)
    hidden = 3 * torch.randn(300, 200, generator=generator)
    pattern = 3 * torch.randn(200, generator=generator)
    for place in (40, 120, 250):
        hidden[place - 6 : place + 12] -= pattern
        hidden[place : place + 6] += 2 * pattern
    found, units = similar_passages(hidden, 40, 46, count=4)
    assert sorted(match.start for match in found[:2]) == [120, 250]
    assert found[1].similarity > 0.8 > 0.6 > found[2].similarity
    scaled = (hidden - hidden.mean(dim=0)) / hidden.std(dim=0)
    assert units == scaled[40:46].mean(dim=0).abs().topk(8).indices.tolist()
    stretches = [(40, 46), *((match.start, match.stop) for match in found)]
    assert all(a[1] <= b[0] for a, b in zip(sorted(stretches), sorted(stretches)[1:], strict=False)), "none overlaps"


def test_a_stretch_of_the_whole_text_has_nothing_beside_it():
    found, _ = similar_passages(torch.randn(20, 4, generator=GENERATOR), 0, 20)
    assert found == ()
