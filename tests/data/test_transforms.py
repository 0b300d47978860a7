"""Other ways of reading a digit, held to what they undo."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqviz.data.transforms import BlankRows, BottomUp, Columns, PermutedRows
from seqviz.errors import InputError

sequences = st.builds(
    lambda n, t, f, seed: torch.rand(n, t, f, generator=torch.Generator().manual_seed(seed)),
    st.integers(1, 3),
    st.integers(1, 9),
    st.integers(1, 9),
    st.integers(0, 99),
)


@given(sequences)
def test_twice_is_not_at_all(x):
    for transform in (BottomUp(), Columns()):
        assert torch.equal(transform(transform(x)), x)
    assert torch.equal(BottomUp()(x)[:, 0], x[:, -1])


@given(sequences, st.integers(0, 50))
def test_blank_rows_come_after(x, count):
    longer = BlankRows(count)(x)
    assert torch.equal(longer[:, : x.shape[1]], x)
    assert longer[:, x.shape[1] :].shape[1] == count
    assert not longer[:, x.shape[1] :].any()


@given(sequences, st.integers(0, 50))
def test_permuted_rows_can_be_put_back(x, seed):
    transform = PermutedRows(seed)
    assert torch.equal(transform(x)[:, transform.order(x.shape[1]).argsort()], x)
    assert torch.equal(transform(x), PermutedRows(seed)(x))


def test_transforms_compose_on_a_dataset(few):
    other = few.transformed(BottomUp(), BlankRows(3))
    assert other.train.inputs.shape == (80, 31, 28)
    assert torch.equal(other.test.inputs[:, 27], few.test.inputs[:, 0])
    assert torch.equal(other.test.targets, few.test.targets)


def test_a_negative_delay_is_refused():
    with pytest.raises(InputError, match="is -1; it must be 0 or more"):
        BlankRows(-1)
