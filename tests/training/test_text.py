"""Truncated backpropagation through time over a text's streams, through the same events, jobs and checkpoints."""

import tracemalloc
from collections.abc import Iterable
from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from seqviz.data.text import TextData, load_text
from seqviz.errors import InputError
from seqviz.jobs.jobs import JobRequest
from seqviz.jobs.queue import JobQueue
from seqviz.networks.build import build_model
from seqviz.networks.network import SequenceNetwork
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.training.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from seqviz.training.events import EvalCompleted, RunEnded, SnapshotTaken, StepCompleted, TrainEvent
from seqviz.training.loop import total_steps, train
from seqviz.training.recipes import text_recipe
from seqviz.training.snapshots import load_snapshots
from tests.waiting import wait_until

RUN = TrainSpec(
    epochs=3, batch_size=4, learning_rate=1e-2, schedule="one-cycle", optimizer="adamw", truncate=20, device="cpu"
)


@pytest.fixture(scope="module")
def data() -> TextData:
    return load_text(
        "the quick brown fox jumps over a lazy dog.\n" * 12 + "pack my box with five dozen liquor jugs!\n" * 13
    )


def spec_for(data: TextData, **changes) -> ModelSpec:
    return ModelSpec.language_model(data.vocabulary.characters, **{"embedding_size": 6, "hidden_size": 8, **changes})


def numbers(events: Iterable[TrainEvent]) -> list[tuple[float, ...]]:
    return [(e.step, e.loss, e.metrics["accuracy"], e.gradient_norm) for e in events if isinstance(e, StepCompleted)]


def plain_loop(model: SequenceNetwork, data: TextData, run: TrainSpec) -> list[float]:
    """The same training as anyone would write it in PyTorch."""
    tokens = data.vocabulary.encode(data.train)
    length = (len(tokens) - 1) // run.batch_size
    inputs = tokens[: run.batch_size * length].view(run.batch_size, length)
    targets = tokens[1 : run.batch_size * length + 1].view(run.batch_size, length)
    optimizer = torch.optim.AdamW(model.parameters(), lr=run.learning_rate)
    steps = run.epochs * -(-length // run.truncate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, run.learning_rate, total_steps=steps)
    losses: list[float] = []
    for _ in range(run.epochs):
        state = None
        for start in range(0, length, run.truncate):
            logits, state = model.forward_from(inputs[:, start : start + run.truncate], state)
            state = tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()
            loss = F.cross_entropy(logits.flatten(0, 1), targets[:, start : start + run.truncate].flatten())
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), run.clip)
            optimizer.step()
            losses.append(loss.item())
            if len(losses) < steps:
                schedule.step()
    return losses


@pytest.mark.parametrize(
    "changes", [{}, {"cell": "lstm", "num_layers": 2}, {"cell": "rnn", "embedding_size": 8, "tied": True}]
)
def test_it_is_the_plain_loop(data, changes):
    ours, theirs = (build_model(spec_for(data, **changes), 5) for _ in range(2))
    losses = [event.loss for event in train(ours, data, RUN) if isinstance(event, StepCompleted)]
    assert losses == plain_loop(theirs, data, RUN)
    assert len(losses) == total_steps(data, RUN)
    for mine, reference in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(mine, reference)


def test_batches_are_neighbouring_stretches_of_each_stream(data):
    """Put side by side again, the batches of an epoch are the text, and its targets the text one character on."""
    batches = list(data.training_batches(RUN, torch.device("cpu")))
    steps = data.steps_per_epoch(RUN)
    assert len(batches) == RUN.epochs * steps
    assert [batch.continues for batch in batches] == ([False] + [True] * (steps - 1)) * RUN.epochs
    epoch = batches[:steps]
    tokens, length = data.vocabulary.encode(data.train), data.stream_length(RUN)
    assert torch.equal(torch.cat([batch.inputs for batch in epoch], dim=1).flatten(), tokens[: 4 * length])
    assert torch.equal(torch.cat([batch.targets for batch in epoch], dim=1).flatten(), tokens[1 : 4 * length + 1])
    assert torch.equal(batches[steps].inputs, batches[0].inputs), "every epoch begins at the start"
    late = list(data.training_batches(RUN, torch.device("cpu"), after=steps + 2))
    assert all(torch.equal(a.inputs, b.inputs) for a, b in zip(late, batches[steps + 2 :], strict=True))


def test_nothing_grows_with_steps_times_epochs(data):
    """A thousand epochs of five million characters, one at a time: the first batch comes at once."""
    long = TextData("long", data.train * 12_000, data.test)
    run = TrainSpec(epochs=1000, batch_size=1, truncate=1)
    tracemalloc.start()
    first = next(long.training_batches(run, torch.device("cpu"), after=10**9))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total_steps(long, run) > 4 * 10**9
    assert first.inputs.shape == (1, 1)
    assert peak < 40 * len(long.train), "some bytes a character, none a step"


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_a_resumed_run_goes_on_as_if_nothing_had_happened(data, cell, tmp_path):
    spec = spec_for(data, cell=cell, num_layers=2, dropout=0.3)
    run = replace(RUN, snapshot_every=5)
    whole = list(train(build_model(spec, 5), data, run))
    snapshots = [event for event in whole if isinstance(event, SnapshotTaken)]
    assert len(snapshots) > 4
    for snapshot in snapshots[:-1]:
        kept = Checkpoint(
            spec, snapshot.weights, data.name, run, step=snapshot.step, optimizer=snapshot.optimizer,
            settings=snapshot.settings, carried=snapshot.carried,
        )  # fmt: skip
        save_checkpoint(kept, tmp_path / "run.safetensors")
        resume = load_checkpoint(tmp_path / "run.safetensors", with_optimizer=True).snapshot
        rest = list(train(build_model(spec, 99), data, run, resume=resume))
        assert numbers(rest) == [row for row in numbers(whole) if row[0] > snapshot.step]


def test_it_learns_and_is_scored_on_what_was_held_out(data):
    run = replace(RUN, epochs=30, learning_rate=2e-2)
    events = list(train(build_model(spec_for(data, hidden_size=32), 0), data, run))
    evaluations = [event.evaluation for event in events if isinstance(event, EvalCompleted)]
    assert evaluations[-1].loss < 0.5 * evaluations[0].loss
    assert evaluations[-1].accuracy > 0.6
    assert events[-1] == RunEnded(total_steps(data, run), "finished", f"All {total_steps(data, run)} steps are done.")


def test_tied_weights_survive_a_checkpoint(data, tmp_path):
    model = build_model(spec_for(data, embedding_size=8, tied=True), 3)
    save_checkpoint(Checkpoint(model.spec, model.state_dict(), "own", RUN), tmp_path / "tied.safetensors")
    found = load_checkpoint(tmp_path / "tied.safetensors").build()
    assert isinstance(found, SequenceNetwork)
    assert found.head.weight is found.embedding.weight
    assert torch.equal(found.head.weight, model.head.weight)


def test_a_job_keeps_a_snapshot_of_every_evaluation(data, tmp_path):
    queue = JobQueue(tmp_path)
    run = replace(RUN, eval_every=7)
    job = queue.submit(JobRequest(spec_for(data), run, data, owner="me"))
    wait_until(lambda: job.view().ended)
    view = job.view()
    assert (view.state, view.step) == ("finished", total_steps(data, run))
    assert view.run.split("-")[2:4] == ["gru", "text"]
    snapshots = load_snapshots(tmp_path / "snapshots" / f"{job.run}.safetensors")
    assert {0, 1, *(int(step) for step in view.curve["eval_step"])} <= set(snapshots.steps)
    assert isinstance(snapshots.build(snapshots.steps[-1]), SequenceNetwork)
    assert load_checkpoint(tmp_path / f"{job.run}.safetensors").model == spec_for(data)
    queue.shutdown()


def test_what_does_not_fit_is_said(data, few):
    with pytest.raises(InputError, match="too few for a batch of 4,000 streams. Set the batch to"):
        next(train(build_model(spec_for(data)), data, replace(RUN, batch_size=4000)))
    with pytest.raises(InputError, match="torch.float32; this network reads tokens"):
        next(train(build_model(spec_for(data)), few, RUN))
    with pytest.raises(InputError, match="does not read characters"):
        next(train(build_model(ModelSpec.classifier(hidden_size=4)), data, RUN))
    other = ModelSpec.language_model("xyz", hidden_size=4)
    with pytest.raises(InputError, match="does not know"):
        next(train(build_model(other), data, RUN))


@pytest.mark.parametrize("length", [1_000, 10_000, 300_000])
def test_the_recipe_fits_texts_of_any_length(length):
    data = load_text(("some words in a row, again. " * (length // 28 + 1))[:length])
    spec, run = text_recipe(data)
    assert spec.input.vocabulary == data.vocabulary.characters
    steps = total_steps(data, run)
    assert 700 <= steps <= 1500 or run.epochs == 1
    assert 8 <= steps // run.eval_every <= 11
