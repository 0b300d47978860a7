"""Texts as words and numbers, and labelled texts as a dataset."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqviz.data.labelled_texts import LabelledTexts, load_reviews
from seqviz.data.words import LONGEST_WORD, PAD, UNKNOWN, WordVocabulary, tokenize
from seqviz.errors import DataError, InputError
from seqviz.networks.build import build_model
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.training.loop import train
from seqviz.training.recipes import words_recipe

THREE = LabelledTexts(
    "three",
    (("a", "b"), ("c",), ("a", "a", "c")),
    (("b",), ("d", "a")),
    (0, 1, 2),
    (0, 2),
    classes=("first", "second", "third"),
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (" \n\t\0", []),
        ("Don't STOP-now!!", ["don't", "stop-now", "!", "!"]),
        ("<script>alert(1)</script>", ["<", "script", ">", "alert", "(", "1", ")", "<", "/", "script", ">"]),
        ("שלום עולם", ["שלום", "עולם"]),
        ("fine 😀😀", ["fine", "😀", "😀"]),
        ("snake_case", ["snake", "_", "case"]),
        ("x" * 1000, ["x" * LONGEST_WORD]),
    ],
)
def test_tokenize(text, words):
    assert tokenize(text) == words


@given(st.text(max_size=LONGEST_WORD))
def test_words_of_words_are_the_same(text):
    words = tokenize(text)
    assert tokenize(" ".join(words)) == words


def test_a_vocabulary_cuts_by_frequency_and_knows_what_it_does_not_know():
    vocabulary = WordVocabulary.of([["a", "b", "a"], ["c", "b", "<unk>"]], at_least=2)
    assert vocabulary.words == (PAD, UNKNOWN, "a", "b")
    assert vocabulary.encode(["b", "c", "zzz", "a"]).tolist() == [3, 1, 1, 2]
    assert ("a" in vocabulary, "c" in vocabulary) == (True, False)
    with pytest.raises(InputError, match="begins with <pad> and <unk>"):
        WordVocabulary(("a", "b"))


def test_labelled_texts_are_padded_with_their_lengths():
    data = THREE.for_network(words_recipe(THREE)[0])
    assert data.objective == "cross_entropy"
    assert data.train.lengths.tolist() == [2, 1, 3]
    assert data.train.inputs[1].tolist()[1:] == [0, 0]
    assert data.test.inputs[1].tolist()[0] == 1, "a word that was not learned from"


def test_a_network_with_another_vocabulary_reads_them_in_its_own():
    spec = ModelSpec.text_classifier((PAD, UNKNOWN, "c"), "gru", 4, num_classes=3)
    assert THREE.for_network(spec).train.inputs.tolist() == [[1, 1, 0], [2, 0, 0], [1, 1, 2]]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (ModelSpec.classifier(), "does not read words"),
        (ModelSpec.language_model((PAD, UNKNOWN, "a")), "does not read words and answer"),
        (ModelSpec.text_classifier((PAD, UNKNOWN, "a")), r"answers with 1 numbers; with the 3 classes .* must be 3"),
    ],
)
def test_a_network_for_something_else_is_refused(spec, message):
    with pytest.raises(InputError, match=message):
        next(train(build_model(spec), THREE, TrainSpec()))


def test_reviews_of_an_unknown_name():
    with pytest.raises(DataError, match="no reviews 'tweets'; choose one of planted, reviews, imdb"):
        load_reviews("tweets")


def test_the_padding_gets_no_gradient():
    data = load_reviews("planted")
    spec, _ = words_recipe(data)
    model, batch = build_model(spec), next(data.for_network(spec).test_batches())[:20]
    assert batch.lengths.min() < batch.time
    model(batch.inputs, batch.lengths).sum().backward()
    assert not model.embedding.weight.grad[0].any()
    assert torch.isfinite(model.embedding.weight.grad).all()
