"""Padding: what a batch does to a text, against PyTorch's layers run by hand, one direction at a time."""

import pytest
import torch

from seqviz.errors import InputError
from seqviz.instruments.padding import read_padded, ways_to_read
from seqviz.instruments.word_reading import read_words
from seqviz.specs import CELLS
from tests.instruments.test_word_reading import WORDS, network, score

PADS = 5


def share(model, words) -> float:
    """Of the class that the text alone is answered with."""
    sign = 1 if float(score(model, WORDS)[0]) > 0 else -1
    return float((sign * score(model, words)[0]).sigmoid())


@pytest.mark.parametrize("head", ["last", "mean", "max"])
@pytest.mark.parametrize("both", [True, False])
@pytest.mark.parametrize("cell", CELLS)
def test_packed_stands_still_and_unpacked_reads_on(cell, both, head):
    model = network(cell, both, head=head)
    reading = read_padded(model, WORDS, PADS)
    alone = read_words(model, WORDS)
    torch.testing.assert_close(reading.packed[: len(WORDS)], alone.forward, atol=1e-10, rtol=0)
    for pads in range(PADS + 1):
        step = len(WORDS) - 1 + pads
        assert float(reading.packed[step]) == pytest.approx(alone.share, abs=1e-10)
        assert float(reading.unpacked[step]) == pytest.approx(share(model, (*WORDS, *["<pad>"] * pads)), abs=1e-10)
    if not both:
        torch.testing.assert_close(reading.masked, reading.packed, atol=1e-10, rtol=0)
    else:
        assert (reading.masked[len(WORDS) :] - reading.packed[len(WORDS) :]).abs().min() > 1e-6, "poisoned"


@pytest.mark.parametrize("both", [True, False])
@pytest.mark.parametrize("cell", CELLS)
def test_only_one_way_is_right_in_both_directions(cell, both):
    model = network(cell, both)
    ways = {way.code: way for way in ways_to_read(model, WORDS, PADS)}
    expected = share(model, WORDS)
    for way in ways.values():
        assert (way.share == pytest.approx(expected, abs=1e-10)) is way.right, way.code
    right = {code for code, way in ways.items() if way.right}
    in_one = {"packed: output[lengths − 1]", "padded: output[lengths − 1]"}
    assert right == {"packed: h_n"} | (set() if both else in_one)
    assert ways["padded: h_n"].share == pytest.approx(share(model, (*WORDS, *["<pad>"] * PADS)), abs=1e-10)


def test_without_padding_all_is_one():
    model = network()
    reading = read_padded(model, WORDS, 0)
    torch.testing.assert_close(reading.unpacked, reading.packed)
    torch.testing.assert_close(reading.masked, reading.packed)


def test_a_head_that_reads_all_states_has_no_last_one():
    with pytest.raises(InputError, match="reads mean over all states"):
        ways_to_read(network(head="mean"), WORDS, PADS)
    with pytest.raises(InputError, match="no words"):
        read_padded(network(), [], PADS)
