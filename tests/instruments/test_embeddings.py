"""The words' vectors: against a plane that is known, PyTorch's cosine, and a single word read by itself."""

import pytest
import torch

from seqviz.errors import InputError
from seqviz.instruments.embeddings import embedding_history, neighbours
from seqviz.instruments.word_reading import read_words
from seqviz.networks.build import build_model
from seqviz.specs import ModelSpec
from seqviz.training.snapshots import load_snapshots

VOCABULARY = ("<pad>", "<unk>", "good", "fine", "bad", "film")


def network(seed=0):
    return build_model(ModelSpec.text_classifier(VOCABULARY, hidden_size=4, embedding_size=3), seed=seed)


def test_vectors_that_lie_in_a_plane_keep_their_distances():
    model = network()
    flat = torch.randn(6, 2, generator=torch.manual_seed(0)) @ torch.tensor([[1.0, 2.0, 0.0], [0.0, 1.0, 1.0]])
    with torch.no_grad():
        model.embedding.weight.copy_(flat)
    history = embedding_history([network(1), model])
    torch.testing.assert_close(torch.cdist(history.points[1], history.points[1]), torch.cdist(flat, flat))
    assert float(history.explained.sum()) == pytest.approx(1.0, abs=1e-6)
    assert torch.equal(history.vectors[0], network(1).embedding.weight)


def test_a_word_alone_is_a_text_of_one_word():
    model = network()
    alone = embedding_history([model]).alone[0]
    for number, word in enumerate(VOCABULARY):
        reading = read_words(model, [word])
        assert float(alone[number]) == pytest.approx(reading.share if reading.answer else 1 - reading.share, abs=1e-6)


def test_neighbours_point_in_the_same_direction():
    model = network()
    with torch.no_grad():
        model.embedding.weight.copy_(
            torch.tensor([[2.0, 0, 0], [3.0, 0, 0], [1.0, 0, 0], [5.0, 0.1, 0], [-1.0, 0, 0], [0, 1.0, 0]])
        )
    found = neighbours(model, "good", 3)
    assert [word for word, _ in found] == ["fine", "film", "bad"], "neither padding nor the unknown word"
    assert [cosine for _, cosine in found] == pytest.approx([0.9998, 0.0, -1.0], abs=1e-4)
    assert [word for word, _ in neighbours(model, "unheard", 1)] == ["good"], "an unknown word is read as <unk>"
    assert len(neighbours(model, "good", 99)) == 3


def test_padding_has_no_gradient_and_praise_parts_from_blame():
    kept = load_snapshots("models/snapshots/words-planted-lstm.safetensors")
    history = embedding_history([kept.build(step) for step in kept.steps])
    moved = (history.vectors[-1] - history.vectors[0]).norm(dim=1)
    words = history.words.index
    assert float(moved[words("<pad>")]) == 0.0
    assert float(moved[words("good")]) > 0.5
    assert float(history.alone[-1, words("good")]) > 0.5
    assert float(history.alone[-1, words("bad")]) < 0.5


def test_a_network_that_reads_no_words_is_told():
    with pytest.raises(InputError, match="does not read words"):
        embedding_history([build_model(ModelSpec.classifier(hidden_size=4))])
