"""One direction or two: what is compared, and that a second reader knows the answer beforehand."""

from dataclasses import replace

import pytest
import torch

from seqviz.data.labelled_texts import LabelledTexts, load_reviews
from seqviz.experiments.directions import BOTH, FORWARD, Perplexities, comparison, next_words, read_ahead, writers
from seqviz.experiments.race import correct_answers, repeat_race
from seqviz.networks.build import build_model, parameter_counts
from seqviz.networks.scoring import evaluate, predict
from seqviz.specs import CELLS


@pytest.fixture(scope="module")
def reviews() -> LabelledTexts:
    """Fewer planted reviews."""
    data = load_reviews("planted")
    return replace(
        data,
        train=data.train[:320],
        test=data.test[:60],
        train_labels=data.train_labels[:320],
        test_labels=data.test_labels[:60],
    )


@pytest.mark.parametrize("cell", CELLS)
def test_only_the_direction_differs(reviews, cell):
    specs, _ = comparison(reviews, cell)
    forward, both = specs[FORWARD], specs[BOTH]
    assert replace(forward, encoder=replace(forward.encoder, bidirectional=True)) == both
    assert not forward.encoder.bidirectional
    matched, _ = comparison(reviews, cell, match=True)
    counts = {name: parameter_counts(spec).total for name, spec in matched.items()}
    assert counts[FORWARD] == pytest.approx(counts[BOTH], rel=0.02)


def test_the_comparison_runs_over_seeds_and_counts_what_scoring_counts(reviews):
    specs, training = comparison(reviews, "gru", epochs=1)
    *_, found = repeat_race(specs, reviews, training, range(2))
    assert {name: len(values) for name, values in found.items()} == {FORWARD: 2, BOTH: 2}
    model = build_model(specs[BOTH], 0)
    right = correct_answers(model, reviews)
    assert float(right.double().mean()) == pytest.approx(evaluate(model, reviews).accuracy)


def test_every_word_asks_for_the_next(reviews):
    asked = next_words(reviews).test
    for row, words in enumerate(reviews.test):
        tokens = reviews.vocabulary.encode(words)
        end = int(asked.lengths[row])
        assert end == len(words) - 1
        assert torch.equal(asked.inputs[row, :end], tokens[:-1])
        assert torch.equal(asked.targets[row, :end], tokens[1:])


@pytest.mark.parametrize("cell", CELLS)
def test_one_direction_does_not_depend_on_what_follows_and_two_do(reviews, cell):
    batch = next_words(reviews).test[:1]
    changed = replace(batch, inputs=batch.inputs.clone())
    changed.inputs[0, -1] += 1
    for name, spec in writers(reviews, cell).items():
        model = build_model(spec, 0)
        before, after = (predict(model, one)[0][0, :-1] for one in (batch, changed))
        assert torch.equal(before, after) == (name == FORWARD)


def test_who_reads_ahead_is_less_unsure(reviews):
    found = [item for item in read_ahead(reviews, "gru") if isinstance(item, Perplexities)]
    words = len(reviews.vocabulary.words)
    for name in (FORWARD, BOTH):
        assert found[0].last(name) == pytest.approx(words, rel=0.15), "before training all words are equally likely"
    assert found[-1].last(BOTH) < found[-1].last(FORWARD) < words / 2
    assert list(found[-1].by_step[BOTH])[-1] == found[-1].total
