"""Training on words: they are dropped in training alone, anew at each step, and a resumed run drops the same."""

from dataclasses import replace

import torch

from seqviz.data.labelled_texts import load_reviews
from seqviz.data.words import UNKNOWN_TOKEN
from seqviz.networks.build import build_model
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.training.events import SnapshotTaken, StepCompleted
from seqviz.training.loop import train

DROPPED = 0.3
RUN = TrainSpec(epochs=1, batch_size=400, learning_rate=1e-3, word_dropout=DROPPED, snapshot_every=3, device="cpu")


def test_words_are_dropped_in_training_alone_and_a_resumed_run_drops_the_same():
    data = load_reviews("planted")
    spec = ModelSpec.text_classifier(data.vocabulary.words, "gru", 4, embedding_size=4)
    model, read = build_model(spec), {True: [], False: []}
    model.embedding.register_forward_pre_hook(lambda module, inputs: read[module.training].append(inputs[0]))
    events = list(train(model, data, RUN))
    shares = [float((tokens == UNKNOWN_TOKEN).float().mean()) for tokens in read[True]]
    assert all(abs(share - DROPPED) < 0.05 for share in shares)
    masks = [tokens[:100, :4] == UNKNOWN_TOKEN for tokens in read[True]]
    assert not masks[0].equal(masks[1])
    assert not any((tokens == UNKNOWN_TOKEN).any() for tokens in read[False])
    snapshot = next(event for event in events if isinstance(event, SnapshotTaken) and event.step == 3)
    again = list(train(build_model(spec), data, RUN, resume=snapshot))
    later = [event.loss for event in events if isinstance(event, StepCompleted) and event.step > 3]
    assert [event.loss for event in again if isinstance(event, StepCompleted)] == later


def test_a_network_of_numbers_has_no_words_to_drop(digits):
    small = replace(RUN, batch_size=700, epochs=1, snapshot_every=0)
    spec = ModelSpec.classifier("gru", 4)
    with_dropout, without = (
        [event.loss for event in train(build_model(spec), digits, run) if isinstance(event, StepCompleted)]
        for run in (small, replace(small, word_dropout=0.0))
    )
    assert with_dropout == without
    assert torch.tensor(with_dropout).isfinite().all()
