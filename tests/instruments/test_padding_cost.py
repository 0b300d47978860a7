"""What padding costs: steps counted by hand, and a network that is left as it was."""

import pytest
import torch

from seqviz.data.batch import Batch
from seqviz.instruments.padding_cost import padding_costs, saved_bytes_of
from seqviz.networks.build import build_model
from seqviz.specs import ModelSpec

LENGTHS = [1, 9, 2, 9, 3, 8]


def test_packed_batches_compute_the_words_and_padded_ones_their_longest_text_each_time():
    words = ("<pad>", "<unk>", "a", "b")
    model = build_model(ModelSpec.text_classifier(words, "gru", 3, embedding_size=2))
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    texts = Batch.collate([torch.full((length,), 2) for length in LENGTHS], torch.zeros(len(LENGTHS)))
    *shares, found = padding_costs(model, texts, batch_size=2)
    assert shares[-1] == 1
    by_chance, packed, bucketed, both = found
    assert [one.packed for one in found] == [False, True, False, True]
    assert [one.by_length for one in found] == [False, False, True, True]
    assert packed.steps == both.steps == sum(LENGTHS)
    assert packed.wasted == both.wasted == 0
    assert bucketed.steps == 2 * (2 + 8 + 9), "1 beside 2, 3 beside 8, 9 beside 9"
    assert bucketed.wasted == pytest.approx(1 - sum(LENGTHS) / bucketed.steps)
    assert by_chance.steps >= bucketed.steps
    assert all(one.seconds > 0 for one in found)
    assert all(one.saved_bytes > 0 for one in found)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_what_is_kept_for_the_backward_pass_holds_the_states_and_grows_with_the_batch(cell):
    model = build_model(ModelSpec.text_classifier(("<pad>", "<unk>", "a"), cell, 16, embedding_size=4))
    few, many = (Batch(torch.ones(count, 30, dtype=torch.long), torch.zeros(count)) for count in (4, 8))
    kept = saved_bytes_of(model, few, packed=False)
    assert kept >= 4 * 30 * 2 * 16 * 4, "of 4 texts: 30 steps, 2 directions, 16 states of 4 bytes"
    assert saved_bytes_of(model, many, packed=False) == pytest.approx(2 * kept, rel=0.05)


def test_a_padded_batch_keeps_more_than_a_packed_one():
    model = build_model(ModelSpec.text_classifier(("<pad>", "<unk>", "a"), "gru", 8, embedding_size=4))
    texts = Batch.collate([torch.ones(length, dtype=torch.long) for length in (2, 2, 60)], torch.zeros(3))
    assert saved_bytes_of(model, texts, packed=True) < saved_bytes_of(model, texts, packed=False)
