"""Pictures with digits and their sentences: known by hand, by pixels, and by the digits that they are made of."""

from dataclasses import replace
from itertools import product

import pytest
import torch

from seqviz.data import digits
from seqviz.data.captions import CELL, NUMERALS, PLACES, TEST, TRAIN, caption_of, captions, picture, shrink
from seqviz.data.datasets import Dataset
from seqviz.data.tokens import END, Tokens
from seqviz.errors import InputError
from seqviz.specs import DecoderSpec, EncoderDecoderSpec, ModelSpec, PictureInput, TrainSpec


@pytest.mark.parametrize(
    ("placed", "sentence"),
    [
        ([(7, 0)], "a seven at the top left"),
        ([(1, 1)], "a one at the top"),
        ([(0, 2)], "a zero at the top right"),
        ([(2, 3)], "a two on the left"),
        ([(8, 4)], "an eight in the middle"),
        ([(3, 5)], "a three on the right"),
        ([(4, 6)], "a four at the bottom left"),
        ([(5, 7)], "a five at the bottom"),
        ([(8, 8)], "an eight at the bottom right"),
        ([(7, 0), (3, 6)], "a seven above a three"),
        ([(3, 6), (7, 0)], "a seven above a three"),
        ([(7, 3), (8, 4)], "a seven left of an eight"),
        ([(8, 5), (8, 3)], "an eight left of an eight"),
    ],
)
def test_sentences_are_as_english_wants_them(placed, sentence):
    assert caption_of(placed) == sentence


@pytest.mark.parametrize(
    ("placed", "message"),
    [
        ([], "about one or two digits, not 0; give one or two"),
        ([(1, 0), (2, 1), (3, 2)], "about one or two digits, not 3"),
        ([(10, 0)], "10 is no digit; give one from 0 to 9"),
        ([(1, 9)], r"9 is no place; give one from 0 \(top left\) to 8"),
        (
            [(1, 0), (2, 4)],
            r"one digit is at place 0 \(top left\) and one at 4 \(middle\); put them into different cells",
        ),
        ([(1, 3), (2, 3)], "different cells of one row or one column"),
    ],
)
def test_what_has_no_sentence_is_refused(placed, message):
    with pytest.raises(InputError, match=f"(?i){message}"):
        caption_of(placed)


def cells(pictures: torch.Tensor) -> torch.Tensor:
    """The nine cells of each picture, `(n, 9, 16, 16)`, row by row."""
    return pictures.unfold(1, CELL, CELL).unfold(2, CELL, CELL).flatten(1, 2)


def read(sentence: str) -> tuple[int, ...]:
    """The digits that a sentence names, in its order."""
    return tuple(NUMERALS.index(word) for word in sentence.split() if word in NUMERALS)


@pytest.mark.parametrize("place", range(9))
def test_a_composed_picture_has_its_digit_in_the_cell_that_the_sentence_names(place):
    image = torch.rand(28, 28, generator=torch.Generator().manual_seed(place)) + 0.1
    drawn = picture([image], [place], [(2, 1)])
    row, column = place // 3 * 16 + 2, place % 3 * 16 + 1
    expected = torch.zeros(48, 48)
    for y in range(14):
        for x in range(14):
            expected[row + y, column + x] = image[2 * y : 2 * y + 2, 2 * x : 2 * x + 2].mean()
    torch.testing.assert_close(drawn, expected)
    assert cells(drawn[None])[0].flatten(1).any(dim=1).nonzero().tolist() == [[place]]
    assert caption_of([(7, place)]).endswith(PLACES[place])


def test_impossible_pictures_are_refused():
    image = torch.zeros(28, 28)
    for arguments, message in (
        (([image], [0, 1]), "There are 1 digits, 2 places and 1 offsets; give each digit one place of its own"),
        (([image, image], [4, 4]), "one place of its own"),
        (([image], [-1]), "-1 is no place"),
        (([torch.zeros(1, 14, 14)], [0]), r"has shape \(1, 14, 14\); give images of shape \(28, 28\)"),
        (([image], [0], [(0, 3)]), r"An offset is \(0, 3\); give 0 to 2 pixels each way"),
    ):
        with pytest.raises(InputError, match=message):
            picture(*arguments)
    assert not picture([], []).any()


@pytest.mark.parametrize("count", [1, 2])
def test_every_sentence_says_where_the_pixels_are(count):
    data = captions(count)
    for split, size in ((data.train, TRAIN[count]), (data.test, TEST)):
        assert split.inputs.shape == (size, 48, 48)
        assert split.inputs.dtype == torch.float32
        assert split.lengths is None
        assert 0 <= split.inputs.min() <= split.inputs.max() <= 1
        assert (split.targets[:, -1] == END).all()
        filled = cells(split.inputs[:1000]).flatten(2).any(dim=2)
        for where, tokens in zip(filled, split.targets.tolist(), strict=False):
            sentence, places = data.target.text(tokens), where.nonzero().flatten().tolist()
            assert caption_of(list(zip(read(sentence), places, strict=True))) == sentence


def strokes(images: torch.Tensor) -> list[bytes]:
    """Each image cut to its strokes, so that it does not matter where they are."""
    found = []
    for image in images:
        rows, columns = image.any(dim=1).nonzero().flatten(), image.any(dim=0).nonzero().flatten()
        found.append(image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].numpy().tobytes())
    return found


def test_no_held_out_digit_is_among_those_learned():
    train, test = (dict(zip(strokes(shrink(s.inputs)), s.targets.tolist(), strict=True)) for s in digits.load())
    assert not set(train) & set(test)
    for count in (1, 2):
        data = captions(count)
        for split, allowed in ((data.train, train), (data.test, test)):
            parts = cells(split.inputs[:4000]).flatten(0, 1)
            filled = strokes(parts[parts.flatten(1).any(dim=1)])
            named = [digit for tokens in split.targets[:4000].tolist() for digit in read(data.target.text(tokens))]
            assert [allowed[digit] for digit in filled] == named  # the cells are in the order of the sentence


def test_digits_lie_in_all_ways_and_places():
    data = captions()
    sentences = {data.target.text(tokens) for tokens in data.train.targets.tolist()}
    assert sentences == {caption_of([(digit, place)]) for digit in range(10) for place in range(9)}
    image = torch.ones(28, 28)
    for offset in product(range(3), repeat=2):
        filled = picture([image], [0], [offset])[:CELL, :CELL].nonzero()
        assert filled.amin(dim=0).tolist() == list(offset)
        assert filled.amax(dim=0).tolist() == [pixels + 13 for pixels in offset]


def test_both_tasks_share_a_vocabulary_and_are_always_the_same():
    assert isinstance(captions(), Dataset)
    assert (captions().name, captions(2).name) == ("captions", "captions-two")
    assert captions().target == captions(2).target
    assert set(captions().target.vocabulary) == set("\n abdefghilmnoprstuvwxz")
    again = captions.__wrapped__(1)
    assert torch.equal(again.train.inputs, captions().train.inputs)
    assert torch.equal(again.test.targets, captions().test.targets)
    with pytest.raises(InputError, match="no pictures with 3 digits; choose 1 or 2"):
        captions(3)


def test_a_network_gets_the_sentences_in_its_own_vocabulary():
    data = replace(captions(), train=captions().train[:200])
    same = data.for_network(EncoderDecoderSpec.captioner(data.target.vocabulary))
    assert same.train is data.train
    assert same.objective == data.objective == "sequence_cross_entropy"
    words = Tokens.of(map(data.target.text, data.test.targets.tolist()), "words")
    for target in (Tokens("\n" + data.target.vocabulary[:0:-1] + "q"), words):
        other = data.for_network(EncoderDecoderSpec.captioner(target.vocabulary))
        assert list(map(target.text, other.test.targets[:50].tolist())) == [
            data.target.text(tokens) for tokens in data.test.targets[:50].tolist()
        ]
        assert (other.train.targets[:, -1] == END).all()


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (ModelSpec.classifier(), "does not read a picture and write a text, as captions asks"),
        (EncoderDecoderSpec.translator("\nab", "\nab"), "does not read a picture"),
        (EncoderDecoderSpec(PictureInput(32), DecoderSpec("\nab")), "pictures of 32 × 32 pixels, .* have 48 × 48"),
        (EncoderDecoderSpec.captioner("\n abdefghilmnoprstuvwx"), "cannot write 'z', which a sentence of captions has"),
    ],
)
def test_a_network_that_cannot_learn_from_them_is_refused(spec, message):
    with pytest.raises(InputError, match=message):
        captions().for_network(spec)


def test_batches_are_those_of_sequence_data():
    data, training = captions(), TrainSpec(batch_size=500, seed=3)
    batches = list(data.training_batches(training, torch.device("cpu")))
    assert len(batches) == data.steps_per_epoch(training) == 24
    assert sum(map(len, data.test_batches())) == TEST
    assert torch.equal(next(data.training_batches(training, torch.device("cpu"), after=5)).inputs, batches[5].inputs)
