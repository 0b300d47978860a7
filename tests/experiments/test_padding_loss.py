"""A loss that counts padding is that of PyTorch over every place; the batches of both networks are the same."""

from dataclasses import replace
from itertools import islice

import pytest
import torch
from torch.nn import functional as F

from seqviz.data.labelled_texts import load_reviews
from seqviz.experiments.directions import FORWARD, next_words, writers
from seqviz.experiments.padding_loss import PaddingLoss, WithoutLengths, count_padding, padding_share
from seqviz.networks.build import build_model
from seqviz.networks.scoring import evaluate
from seqviz.specs import TrainSpec


@pytest.fixture(scope="module")
def reviews():
    data = load_reviews("planted")
    few = slice(0, 320)
    return replace(data, train=data.train[few], test=data.test[:60], train_labels=data.train_labels[few],
                   test_labels=data.test_labels[:60])  # fmt: skip


def test_counting_padding_is_the_mean_over_every_place(reviews):
    masked = next_words(reviews)
    model = build_model(writers(reviews, "gru")[FORWARD], 3).double()
    counted = WithoutLengths(masked)
    logits = model(masked.test.inputs).detach()
    every = F.cross_entropy(logits.flatten(0, 1), masked.test.targets.flatten())
    assert evaluate(model, counted).loss == pytest.approx(float(every), rel=1e-9)
    words = masked.test.mask
    alone = F.cross_entropy(logits[words], masked.test.targets[words])
    assert evaluate(model, masked).loss == pytest.approx(float(alone), rel=1e-9)
    assert padding_share([masked.test]) == pytest.approx(1 - float(words.double().mean()))


def test_both_networks_see_the_same_texts_in_the_same_order(reviews):
    masked = next_words(reviews)
    training = TrainSpec(batch_size=32, seed=4)
    batches = (data.training_batches(training, torch.device("cpu")) for data in (masked, WithoutLengths(masked)))
    for one, other in islice(zip(*batches, strict=True), 5):
        assert torch.equal(one.inputs, other.inputs)
        assert one.lengths is not None
        assert other.lengths is None


def test_it_reports_less_than_the_words_cost(reviews):
    *_, found, share = count_padding(reviews, "gru")
    assert share == 1.0
    assert isinstance(found, PaddingLoss)
    last = found.total
    assert found.masked.keys() == found.reported.keys() == found.on_words.keys()
    assert max(found.masked) == last
    assert found.reported[last] < found.on_words[last], "the padding is easy"
