"""Drawings: to and from a link, and to an image that looks like MNIST's."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqviz.data.drawing import decode_strokes, encode_strokes, rasterize
from seqviz.errors import InputError

point = st.tuples(st.integers(0, 63), st.integers(0, 63))
strokes = st.lists(st.lists(point, min_size=1, max_size=12).map(tuple), max_size=4).map(tuple)


@given(strokes)
def test_a_drawing_survives_a_link(drawing):
    assert decode_strokes(encode_strokes(drawing)) == drawing


@given(strokes)
def test_any_drawing_becomes_an_image(drawing):
    image = rasterize(drawing)
    assert image.shape == (28, 28)
    assert image.min() >= 0
    assert image.max() <= 1
    assert bool(image.any()) == bool(drawing)


def test_a_small_digit_is_read_like_a_large_one():
    large = [tuple((32 + 2 * x, 32 + 2 * y) for x, y in [(-8, -12), (8, -12), (0, 12)])]
    small = [tuple((12 + x, 14 + y) for x, y in [(-8, -12), (8, -12), (0, 12)])]
    torch.testing.assert_close(rasterize(large), rasterize(small))


@pytest.mark.parametrize(
    ("text", "says"),
    [("AB<script>", "contains '<'"), ("ABC", "half a point"), ("A" * 5000, "5000 characters"), ("AÄ", "contains 'Ä'")],
)
def test_what_is_no_drawing(text, says):
    with pytest.raises(InputError, match=says):
        decode_strokes(text)
