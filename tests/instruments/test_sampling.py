"""Sampling against its own distribution, against limits, and against a direct computation."""

import math
from itertools import product

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare
from scipy.stats import entropy as scipy_entropy

from seqviz.errors import InputError
from seqviz.instruments.sampling import entropy, next_token_distribution, sample
from seqviz.instruments.side_by_side import beam_search, sample_side_by_side
from seqviz.instruments.text_statistics import style, temperature_curve, words_of
from seqviz.networks.build import build_model
from seqviz.networks.network import SequenceNetwork
from seqviz.specs import ModelSpec

LOGITS = st.lists(st.floats(-8, 8), min_size=2, max_size=12).map(
    lambda values: torch.tensor(values, dtype=torch.float64)
)


@pytest.fixture(scope="module", params=["gru", "lstm"])
def model(request) -> SequenceNetwork:
    """Untrained, with logits large enough to differ."""
    model = build_model(ModelSpec.language_model("abcde\n", cell=request.param, hidden_size=16), seed=2).eval()
    with torch.no_grad():
        model.head.weight.mul_(6)
    return model


def written(steps) -> str:
    return "".join(step.character for step in steps)


@settings(deadline=None)
@given(LOGITS, st.floats(0.05, 5))
def test_temperature_is_a_softmax(logits, temperature):
    found = next_token_distribution(logits, temperature)
    torch.testing.assert_close(found, torch.softmax(logits / temperature, dim=-1))


@settings(deadline=None)
@given(LOGITS)
def test_temperature_0_is_the_limit_and_the_argmax(logits):
    cold = next_token_distribution(logits, 0.0)
    assert cold.argmax() == logits.argmax()
    assert cold.sum() == cold.max() == 1
    ordered = logits.sort(descending=True).values
    if ordered[0] - ordered[1] > 1e-3:
        torch.testing.assert_close(next_token_distribution(logits, 1e-5), cold)


@settings(deadline=None)
@given(LOGITS, st.integers(1, 14))
def test_top_k_keeps_the_likeliest(logits, k):
    found = next_token_distribution(logits, 1.0, top_k=k)
    plain = logits.softmax(dim=-1).tolist()
    ranked = sorted(range(len(plain)), key=lambda i: (-plain[i], i))[:k]
    kept = {i: plain[i] / sum(plain[j] for j in ranked) for i in ranked}
    assert found.tolist() == pytest.approx([kept.get(i, 0.0) for i in range(len(plain))])


@settings(deadline=None)
@given(LOGITS, st.floats(0.05, 1), st.floats(0.2, 2))
def test_top_p_keeps_the_smallest_set_that_holds_p(logits, p, temperature):
    found = next_token_distribution(logits, temperature, top_p=p)
    shares = (logits / temperature).softmax(dim=-1).tolist()
    ranked = sorted(range(len(shares)), key=lambda i: (-shares[i], i))
    sums = [sum(shares[i] for i in ranked[:count]) for count in range(len(ranked) + 1)]
    assume(all(abs(total - p) > 1e-9 for total in sums))  # on the border rounding decides
    count = next((count for count, total in enumerate(sums) if total >= p), len(ranked))
    kept = {i: shares[i] / sums[count] for i in ranked[:count]}
    assert found.tolist() == pytest.approx([kept.get(i, 0.0) for i in range(len(shares))])


@settings(deadline=None)
@given(LOGITS, st.integers(1, 12), st.floats(0.1, 1))
def test_top_p_acts_on_what_top_k_has_left(logits, k, p):
    both = next_token_distribution(logits, 1.0, top_k=k, top_p=p)
    left = next_token_distribution(logits, 1.0, top_k=k).log()
    sums = left.exp().sort(descending=True).values.cumsum(dim=0)
    assume((sums - p).abs().min() > 1e-9)  # on the border rounding decides
    torch.testing.assert_close(both, next_token_distribution(left, 1.0, top_p=p))
    assert both.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"temperature": -1.0}, "temperature is -1.0"),
        ({"temperature": float("nan")}, "temperature is nan"),
        ({"temperature": float("inf")}, "temperature is inf"),
        ({"temperature": float("-inf")}, "temperature is -inf"),
        ({"top_k": 0}, "top-k is 0"),
        ({"top_p": 0.0}, r"top-p is 0\.0"),
        ({"top_p": 1.5}, r"top-p is 1\.5"),
    ],
)
def test_settings_that_cannot_be(model, options, sentence):
    with pytest.raises(InputError, match=sentence):
        next(sample(model, "a", 1, **options))


def test_tensors_are_held_to_the_same_rules():
    with pytest.raises(InputError, match="temperature is .-1.0, 1.0."):
        next_token_distribution(torch.zeros(2, 3), torch.tensor([[-1.0], [1.0]]))
    with pytest.raises(InputError, match="logits hold NaN"):
        next_token_distribution(torch.tensor([0.0, float("nan")]))


def test_only_what_is_cut_is_called_cut(model):
    greedy = next(sample(model, "abc", 1, temperature=0.0))
    assert greedy.kept is None, "at T = 0 the others are not drawn, but nothing has cut them"
    both = next(sample(model, "abc", 1, temperature=0.0, top_k=2))
    assert both.kept.sum() == 2
    assert [one.kept for one in both.candidates(4)] == [True, True, False, False]


@pytest.mark.parametrize("options", [{}, {"temperature": 0.6}, {"temperature": 1.7, "top_p": 0.8}, {"top_k": 3}])
def test_characters_are_drawn_from_the_distribution(model, options):
    """Chi-square over 2,500 seeds; the seeds are fixed, so this cannot fail by chance once it has passed."""
    steps = [next(sample(model, "abc", 1, seed=seed, **options)) for seed in range(2500)]
    expected = steps[0].distribution
    counts = torch.bincount(torch.tensor([step.token for step in steps]), minlength=len(expected))
    assert counts[expected == 0].sum() == 0, "what was cut is never drawn"
    there = expected > 0
    assert chisquare(counts[there].numpy(), (expected[there] * 2500).numpy()).pvalue > 0.01


def test_the_chi_square_would_notice(model):
    steps = [next(sample(model, "abc", 1, seed=seed)) for seed in range(2500)]
    wrong = next_token_distribution(steps[0].logits, 1.2)
    counts = torch.bincount(torch.tensor([step.token for step in steps]), minlength=len(wrong))
    assert chisquare(counts.numpy(), (wrong * 2500).numpy()).pvalue < 0.01


def test_cold_sampling_is_greedy(model):
    greedy = written(sample(model, "ab", 60, temperature=0.0))
    assert written(sample(model, "ab", 60, temperature=1e-4, seed=7)) == greedy
    text = "ab"
    for _ in range(60):
        logits = model(model.vocabulary.encode(text)[None])
        text += model.vocabulary.characters[int(logits[0, -1].argmax())]
    assert greedy == text[2:]


def test_the_same_seed_is_the_same_noise_at_every_temperature(model):
    """Gumbel noise found back from two temperatures must agree: argmax of z / T + G for one G."""
    generator = torch.Generator().manual_seed(11)
    gumbel = -(-torch.rand(6, dtype=torch.float64, generator=generator).log()).log()
    for temperature in (0.3, 0.7, 1.0, 2.0):
        first = next(sample(model, "a", 1, temperature=temperature, seed=11))
        assert first.token == int((first.logits.double() / temperature + gumbel).argmax())


def test_a_step_tells_what_one_forward_pass_tells(model):
    steps = list(sample(model, "abc", 30, temperature=0.8, top_k=4, seed=3))
    text = "abc" + written(steps)
    with torch.no_grad():
        logits = model(model.vocabulary.encode(text)[None])
        outputs, _ = model.encoder(model.embedding(model.vocabulary.encode(text)[None]))
    for index, step in enumerate(steps):
        here = logits[0, 2 + index]
        torch.testing.assert_close(step.logits, here, atol=1e-5, rtol=0)
        torch.testing.assert_close(step.hidden[-1], outputs[0, 2 + index], atol=1e-5, rtol=0)
        shares = here.double().softmax(dim=-1)
        assert step.before == pytest.approx(float(shares[step.token]), abs=1e-5)
        assert step.surprise == pytest.approx(-math.log2(shares[step.token]), abs=1e-4)
        assert step.rank == 1 + sum(other > shares[step.token] for other in shares)
        assert step.entropy == pytest.approx(float(scipy_entropy(step.distribution.numpy(), base=2)))
        assert [one.before for one in step.candidates(3)] == sorted(step.plain.tolist(), reverse=True)[:3]
        assert sum(one.after > 0 for one in step.candidates(6)) == 4


def test_texts_written_side_by_side_are_those_written_alone(model):
    found = sample_side_by_side(model, "ab", 40, [0.0, 0.5, 1.0, 2.0], [3, 8])
    assert len(found) == 8
    for one in found:
        alone = list(sample(model, "ab", 40, temperature=one.temperature, seed=one.seed))
        assert one.text == written(alone)
        assert one.entropy == pytest.approx(sum(step.entropy for step in alone) / 40, abs=1e-4)


def test_a_character_put_in_by_hand_changes_what_follows_and_nothing_before(model):
    plain = list(sample(model, "ab", 30, seed=5))
    other = next(character for character in "abcde" if character != plain[10].character)
    forced = list(sample(model, "ab", 30, seed=5, forced={10: other}))
    assert written(forced[:10]) == written(plain[:10])
    assert forced[10].character == other
    torch.testing.assert_close(forced[10].distribution, plain[10].distribution)
    continued = list(sample(model, "ab" + written(forced[:11]), 1, temperature=1.0))
    torch.testing.assert_close(forced[11].logits, continued[0].logits, atol=1e-5, rtol=0)
    assert [step.forced for step in forced] == [step == 10 for step in range(30)]
    rest = list(sample(model, "ab" + written(forced[:11]), 19, seed=5, first=11))
    assert written(rest) == written(forced[11:]), "a text that goes on takes up its noise where it was"
    with pytest.raises(InputError, match="does not know 'z'"):
        next(sample(model, "a", 3, forced={1: "z"}))


def test_prompts(model):
    with pytest.raises(InputError, match="does not know 'x'"):
        next(sample(model, "ax", 1))
    assert written(sample(model, "", 20, seed=1)) == written(sample(model, "\n", 20, seed=1))


def test_a_wide_beam_finds_the_likeliest_text_of_all(model):
    best, *_ = beam_search(model, "a", 3, beams=6**3)
    scores = {}
    for characters in product(model.vocabulary.characters, repeat=3):
        text = "a" + "".join(characters)
        with torch.no_grad():
            logs = model(model.vocabulary.encode(text)[None])[0].double().log_softmax(dim=-1)
        scores[text[1:]] = sum(float(logs[i, model.vocabulary.encode(text)[i + 1]]) for i in range(3))
    likeliest = max(scores, key=scores.__getitem__)
    assert best.text == likeliest
    assert best.log_probability == pytest.approx(scores[likeliest], abs=1e-5)
    one = beam_search(model, "a", 12, beams=1)[0]
    assert one.text == written(sample(model, "a", 12, temperature=0.0))


def test_entropy_over_temperature_goes_from_nothing_to_uniform():
    logits = torch.tensor([2.0, 1.0, -1.0, 0.5])
    distributions, bits = temperature_curve(logits, torch.tensor([0.0, 0.5, 1.0, 1e6], dtype=torch.float64))
    assert bits[0] == 0
    assert bits.diff().min() > 0
    assert bits[-1] == pytest.approx(2.0, abs=1e-4)
    torch.testing.assert_close(distributions[2], logits.double().softmax(dim=-1))
    assert entropy(torch.tensor([0.5, 0.5])) == 1


def test_style():
    loop = style("abcdefghij" * 10)
    assert loop.distinct == pytest.approx(10 / 97)
    assert loop.looping == pytest.approx(1 - 10 / 81)
    assert math.isnan(style("ab").distinct)
    assert style("x The cat zzq sat x", words_of("the cat sat")).known == pytest.approx(3 / 4)
    assert math.isnan(style("x y z").known), "no corpus, no share"


def test_a_network_in_training_mode_is_sampled_without_dropout_and_left_in_its_mode():
    model = build_model(ModelSpec.language_model("ab", hidden_size=4, num_layers=2, dropout=0.5)).train()
    logits = [step.logits for _ in range(2) for step in sample(model, "a", 5)]
    assert torch.equal(torch.stack(logits[:5]), torch.stack(logits[5:]))
    assert model.training


def test_what_cannot_be_written_is_said(model):
    with pytest.raises(InputError, match="reads no characters"):
        next(sample(build_model(ModelSpec.classifier("rnn", 4)), "a", 1))
    with pytest.raises(InputError, match="'bc' is put in at one step, so it must be one character"):
        next(sample(model, "a", 1, forced={0: "bc"}))
