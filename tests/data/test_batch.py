"""Batches of sequences of any lengths: padding against PyTorch's, slicing, and the order of an epoch."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.utils.rnn import pad_sequence, unpad_sequence

from seqviz.data.batch import Batch, shuffled
from seqviz.data.datasets import SequenceData
from seqviz.errors import InputError
from seqviz.specs import TrainSpec

lengths = st.lists(st.integers(1, 30), min_size=1, max_size=12)
seeds = st.integers(0, 99)


def sequences_of(lengths: list[int], features: int = 2) -> list[torch.Tensor]:
    return [torch.rand(length, features) + 1 for length in lengths]


@given(lengths)
def test_collating_is_pytorchs_padding_and_can_be_taken_back(lengths):
    sequences = sequences_of(lengths)
    batch = Batch.collate(sequences, torch.arange(len(lengths)))
    assert torch.equal(batch.inputs, pad_sequence(sequences, batch_first=True))
    again = unpad_sequence(batch.inputs, batch.lengths, batch_first=True)
    assert all(torch.equal(one, other) for one, other in zip(again, sequences, strict=True))
    assert torch.equal(batch.mask, batch.inputs[..., 0] != 0)


@given(lengths, st.data())
def test_some_rows_are_padded_to_the_longest_of_them(lengths, data):
    sequences = sequences_of(lengths)
    rows = data.draw(st.lists(st.integers(0, len(lengths) - 1), min_size=1))
    some = Batch.collate(sequences, torch.arange(len(lengths)))[rows]
    assert torch.equal(some.inputs, pad_sequence([sequences[row] for row in rows], batch_first=True))
    assert some.targets.tolist() == rows


@pytest.mark.parametrize(
    ("lengths", "sentence"),
    [
        ([3, 4], r"The lengths go from 3 to 4; with 3 time steps they must be from 1 to 3"),
        ([0, 3], r"The lengths go from 0 to 3"),
        ([3], r"The lengths have shape \(1,\) on cpu; they must be \(2,\), one for each sequence"),
    ],
)
def test_lengths_that_do_not_fit_are_refused(lengths, sentence):
    with pytest.raises(InputError, match=sentence):
        Batch(torch.zeros(2, 3, 1), torch.zeros(2), torch.tensor(lengths))


def test_a_target_for_every_sequence():
    with pytest.raises(InputError, match="There are 2 sequences and 3 targets; each needs one"):
        Batch(torch.zeros(2, 3, 1), torch.zeros(3))


@given(st.integers(1, 400), st.integers(1, 40), seeds, st.booleans())
def test_an_epoch_has_every_sequence_once_in_an_order_of_the_seed(count, size, seed, bucketed):
    lengths = torch.randint(1, 50, (count,), generator=torch.Generator().manual_seed(seed + 1)) if bucketed else None

    def epoch(seed: int) -> list[torch.Tensor]:
        return shuffled(count, size, torch.Generator().manual_seed(seed), lengths)

    batches = epoch(seed)
    assert sorted(torch.cat(batches).tolist()) == list(range(count))
    assert len(batches) == -(-count // size)
    assert sorted(map(len, batches)) == sorted([*[size] * (count // size), *([count % size] if count % size else [])])
    assert all(torch.equal(one, other) for one, other in zip(batches, epoch(seed), strict=True))


def test_buckets_save_padding_and_still_mix():
    lengths = torch.randint(1, 300, (4000,), generator=torch.Generator().manual_seed(0))

    def padded(lengths_of: torch.Tensor | None, seed: int = 0) -> int:
        batches = shuffled(len(lengths), 32, torch.Generator().manual_seed(seed), lengths_of)
        return sum(int(lengths[rows].max()) * len(rows) for rows in batches) - int(lengths.sum())

    assert padded(lengths) < 0.15 * padded(None)
    generator = torch.Generator().manual_seed(0)
    first, second = (shuffled(len(lengths), 32, generator, lengths) for _ in range(2))
    assert {frozenset(rows.tolist()) for rows in first}.isdisjoint(frozenset(rows.tolist()) for rows in second)
    longest = torch.tensor([int(lengths[rows].max()) for rows in first]).float()
    steps = torch.arange(len(longest)).float()
    assert torch.corrcoef(torch.stack([steps, longest]))[0, 1].abs() < 0.3, "short sequences do not come first"


@pytest.mark.parametrize("bucketed", [False, True])
def test_a_run_goes_on_with_the_batches_that_would_have_followed(bucketed):
    train = Batch.collate(sequences_of([3, 1, 4, 1, 5, 9, 2, 6]), torch.arange(8))
    data = SequenceData("numbers", train, train)
    training = TrainSpec(epochs=3, batch_size=3, bucket_by_length=bucketed)
    whole = [batch.targets.tolist() for batch in data.training_batches(training, torch.device("cpu"))]
    assert len(whole) == 3 * data.steps_per_epoch(training)
    for after in range(len(whole)):
        rest = data.training_batches(training, torch.device("cpu"), after=after)
        assert [batch.targets.tolist() for batch in rest] == whole[after:]
