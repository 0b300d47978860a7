"""Planted reviews: what decides them, and what counting words can say about them."""

import math

import pytest

from seqviz.data.labelled_texts import load_reviews
from seqviz.data.reviews import OPPOSITES, PAIRS, planted_reviews
from seqviz.data.words import tokenize
from seqviz.experiments.word_counts import counting_words

SIGNS = {
    **{good: 1 for good, _ in PAIRS},
    **{bad: -1 for _, bad in PAIRS},
    **dict.fromkeys(("better", "but", "although"), 1),
    **dict.fromkeys(("worse", "not", "never", "nobody", "untrue", "doubt"), -1),
}


@pytest.fixture(scope="module")
def reviews():
    return planted_reviews()


def test_the_deciding_words_alone_give_the_verdict(reviews):
    for review in reviews:
        deciding = [SIGNS[word] for word, decides in zip(review.words, review.deciding, strict=True) if decides]
        assert (math.prod(deciding) > 0) is review.good, review.text


def test_they_are_different_balanced_and_words_as_any_text_has_them(reviews):
    assert len({review.text for review in reviews}) == len(reviews) == 4000
    assert 0.48 < sum(review.good for review in reviews) / len(reviews) < 0.52
    assert all(tokenize(review.text) == list(review.words) for review in reviews)
    assert planted_reviews(50) == reviews[:50]
    assert planted_reviews(50, seed=1) != reviews[:50]
    assert all(OPPOSITES[OPPOSITES[word]] == word for word in OPPOSITES)


@pytest.mark.parametrize(("together", "bound"), [(1, 0.75), (2, 0.90)])
def test_counting_words_and_pairs_of_words_cannot_win(together, bound):
    assert 0.5 < counting_words(load_reviews("planted"), together) <= bound
