"""Many texts at once: each is answered as it is alone."""

import pytest
import torch

from seqviz.data.words import tokenize
from seqviz.errors import InputError
from seqviz.instruments import classifying
from seqviz.instruments.classifying import classify
from seqviz.instruments.word_reading import read_words
from seqviz.networks.build import build_model
from seqviz.specs import TEXT_HEADS, ModelSpec

TEXTS = ("good", "", "not good at all", "\x00 \u202e", "bad! bad!", "unheard-of <b>words</b> 😀", "good " * 300)
WORDS = ("<pad>", "<unk>", "not", "good", "bad", "!")


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("head", TEXT_HEADS)
def test_each_text_is_answered_as_it_is_alone(monkeypatch, head, classes):
    monkeypatch.setattr(classifying, "BATCH", 2)
    spec = ModelSpec.text_classifier(WORDS, "gru", 5, embedding_size=4, head=head, num_classes=classes)
    model = build_model(spec, 1).double()
    *shares, found = classify(model, TEXTS)
    assert shares[-1] == 1
    assert found.shape == (len(TEXTS), classes)
    for text, row in zip(TEXTS, found, strict=True):
        words = tokenize(text)[: classifying.LONGEST]
        if not words:
            assert row.isnan().all()
            continue
        alone = read_words(model, words)
        assert int(row.argmax()) == alone.answer
        assert float(row[alone.answer]) == pytest.approx(alone.share, abs=1e-7)
        assert float(row.sum()) == pytest.approx(1)


def test_nothing_to_read_is_left_open():
    *_, found = classify(build_model(ModelSpec.text_classifier(WORDS, "rnn", 2)), ["", " "])
    assert torch.isnan(found).all()


def test_a_network_of_digits_reads_no_texts():
    with pytest.raises(InputError, match="does not read words"):
        list(classify(build_model(ModelSpec.classifier("gru", 4)), TEXTS))
