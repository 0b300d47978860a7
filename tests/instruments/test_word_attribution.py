"""What words add to an answer: against completeness, against substitution done by hand, against words that decide."""

import pytest
import torch

from seqviz.data.reviews import TRAIN, PlantedReview, planted_reviews
from seqviz.errors import InputError
from seqviz.instruments.word_attribution import WORD_METHODS, attribute_words, grade_words
from seqviz.instruments.word_reading import read_words
from seqviz.networks.build import build_model
from seqviz.specs import ModelSpec
from seqviz.training.checkpoints import load_checkpoint

VOCABULARY = ("<pad>", "<unk>", "good", "not", "film", "the", "was")
WORDS = ("the", "film", "was", "not", "very", "good")


def network(classes=2, seed=3):
    spec = ModelSpec.text_classifier(VOCABULARY, "lstm", 6, embedding_size=4, num_classes=classes, head="mean")
    return build_model(spec, seed=seed).double()


def score(model, x, answer) -> torch.Tensor:
    """The answer's score for vectors `(time, embedding)`."""
    with torch.no_grad():
        outputs, _ = model.encoder(x[None])
        logits = (outputs.mean(dim=1) @ model.head.weight.T + model.head.bias)[0]
    return logits[answer] if len(logits) > 1 else logits[0] * (1 if answer else -1)


def vectors(model, words) -> torch.Tensor:
    tokens = torch.tensor([VOCABULARY.index(word) if word in VOCABULARY else 1 for word in words])
    return model.embedding.weight.detach()[tokens]


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("seed", range(4))
def test_integrated_gradients_sum_to_the_score_less_that_of_empty_vectors(classes, seed):
    model = network(classes, seed)
    answer, x = read_words(model, WORDS).answer, vectors(model, WORDS)
    total = attribute_words(model, read_words(model, WORDS), "integrated_gradients").sum()
    expected = score(model, x, answer) - score(model, torch.zeros_like(x), answer)
    torch.testing.assert_close(total, expected.float(), atol=1e-5, rtol=0)


@pytest.mark.parametrize("classes", [2, 3])
def test_an_unknown_word_in_its_place_is_what_it_says(classes):
    model = network(classes)
    answer, scores = read_words(model, WORDS).answer, attribute_words(model, read_words(model, WORDS), "unknown")
    whole = score(model, vectors(model, WORDS), answer)
    for place in range(len(WORDS)):
        changed = (*WORDS[:place], "<unk>", *WORDS[place + 1 :])
        expected = (whole - score(model, vectors(model, changed), answer)).float()
        torch.testing.assert_close(scores[place], expected, atol=1e-6, rtol=0)
    assert float(scores[WORDS.index("very")]) == pytest.approx(0.0, abs=1e-6), "it is unknown already"


def test_left_out_is_what_the_reading_says():
    model = network()
    assert torch.equal(attribute_words(model, read_words(model, WORDS), "left_out"), read_words(model, WORDS).changes)


def test_what_cannot_be_asked_is_said():
    with pytest.raises(InputError, match="no words"):
        read_words(network(), [])
    with pytest.raises(InputError, match="two classes"):
        list(grade_words(network(3), planted_reviews(2)))


def test_a_network_that_has_learned_the_grammar_is_graded_above_chance():
    model = load_checkpoint("models/words-planted-lstm.safetensors").build()
    *shares, grades = grade_words(model, planted_reviews()[TRAIN : TRAIN + 25])
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    for method in WORD_METHODS:
        assert grades[method].precision > 2 * grades[method].chance
        assert grades[method].examples == 25


def test_a_grade_counts_the_deciding_words_among_the_strongest():
    """A network that adds up words, whose strongest word is known."""
    spec = ModelSpec.text_classifier(VOCABULARY, "rnn", 1, embedding_size=1, bidirectional=False, head="last")
    model = build_model(spec)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model.embedding.weight[2] = 0.5  # good
        model.encoder.weight_ih_l0.fill_(1.0)
        model.encoder.weight_hh_l0.fill_(1.0)
        model.head.weight.fill_(1.0)
    right = PlantedReview(("the", "film", "was", "good"), True, (False, False, False, True))
    missed = PlantedReview(("the", "good", "film", "was"), True, (False, False, False, True))
    for text, precision in ((right, 1.0), (missed, 0.0)):
        *_, grades = grade_words(model, [text])
        assert grades["left_out"].precision == grades["integrated_gradients"].precision == precision
        assert grades["left_out"].chance == 0.25
