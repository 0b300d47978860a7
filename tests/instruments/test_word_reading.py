"""A text read word by word, against PyTorch's layers on each part of it."""

import pytest
import torch

from seqviz.data.labelled_texts import load_reviews
from seqviz.errors import InputError
from seqviz.instruments.word_reading import read_words
from seqviz.networks.build import build_model
from seqviz.specs import CELLS, ModelSpec, RecurrentSpec
from seqviz.training.checkpoints import load_checkpoint

VOCABULARY = ("<pad>", "<unk>", "good", "not", "film", "the", "was")
WORDS = ("the", "film", "was", "not", "very", "good")


def network(cell="lstm", both=True, classes=2, head="last", layers=1):
    spec = ModelSpec.text_classifier(
        VOCABULARY, cell, 5, embedding_size=4, bidirectional=both, num_classes=classes, head=head, num_layers=layers
    )
    return build_model(spec, seed=3).double()


def score(model, words) -> torch.Tensor:
    """The plain answer to a text, unpadded, as anyone would compute it."""
    tokens = torch.tensor([[VOCABULARY.index(word) if word in VOCABULARY else 1 for word in words]])
    with torch.no_grad():
        outputs, state = model.encoder(model.embedding(tokens))
        h_n = state[0] if isinstance(state, tuple) else state
        read = {
            "last": h_n[-model.spec.encoder.directions :].transpose(0, 1).flatten(1),
            "mean": outputs.mean(dim=1),
            "max": outputs.amax(dim=1),
        }[model.spec.head.kind]
        return (read @ model.head.weight.T + model.head.bias)[0]


@pytest.mark.parametrize("head", ["last", "mean", "max"])
@pytest.mark.parametrize("both", [True, False])
@pytest.mark.parametrize("cell", CELLS)
def test_every_prefix_and_suffix_is_answered_as_if_it_were_all(cell, both, head):
    model = network(cell, both, head=head, layers=2)
    reading = read_words(model, WORDS)
    sign = 1 if reading.answer else -1
    for t in range(len(WORDS)):
        for found, part in ((reading.forward, WORDS[: t + 1]), (reading.backward, WORDS[t:])):
            expected = (sign * score(model, part)[0]).sigmoid()
            torch.testing.assert_close(found[t], expected, atol=1e-10, rtol=0)
        left_out = sign * (score(model, WORDS) - score(model, WORDS[:t] + WORDS[t + 1 :]))[0]
        torch.testing.assert_close(reading.changes[t], left_out, atol=1e-10, rtol=0)


def test_of_several_classes_the_one_that_is_answered_is_followed():
    model = network(classes=3)
    reading = read_words(model, WORDS)
    whole = score(model, WORDS)
    assert reading.answer == int(whole.argmax())
    assert reading.share == pytest.approx(float(whole.softmax(dim=0).max()), abs=1e-10)
    expected = (whole - score(model, WORDS[1:]))[reading.answer]
    torch.testing.assert_close(reading.changes[0], expected, atol=1e-10, rtol=0)


def test_a_single_word_is_held_against_an_unknown_one():
    model = network()
    reading = read_words(model, ["good"])
    sign = 1 if reading.answer else -1
    torch.testing.assert_close(reading.changes, sign * (score(model, ["good"]) - score(model, ["unheard"])))


def test_what_is_no_text_and_who_does_not_read_words():
    with pytest.raises(InputError, match="no words in this text"):
        read_words(network(), [])
    with pytest.raises(InputError, match="does not read words"):
        read_words(build_model(ModelSpec.classifier()), WORDS)


def test_unknown_words_are_said():
    assert read_words(network(), WORDS).known == (True, True, True, True, False, True)


def test_the_shipped_network_reads_what_is_denied(project):
    """On reviews that it has never seen, and on a sentence that nobody planted."""
    model = load_checkpoint(project / "models" / "words-planted-lstm.safetensors").build()
    assert model.spec.encoder == RecurrentSpec("lstm", 48, bidirectional=True)
    data = load_reviews("planted")
    for words, label in zip(data.test[:40], data.test_labels, strict=False):
        assert read_words(model, words).answer == label, " ".join(words)
    assert read_words(model, ["the", "play", "was", "not", "in", "any", "way", "bad", "."]).answer == 1
    assert read_words(model, ["the", "play", "was", "not", "in", "any", "way", "good", "."]).answer == 0
