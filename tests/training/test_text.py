"""Truncated backpropagation through time over a text's streams, through the same events, jobs and checkpoints."""

import time
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
from seqviz.networks.build import build_language_model, build_model
from seqviz.networks.language import CharLanguageModel
from seqviz.specs import LanguageModelSpec, ModelSpec, TrainSpec
from seqviz.training.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from seqviz.training.events import EvalCompleted, RunEnded, SnapshotTaken, StepCompleted, TrainEvent
from seqviz.training.lessons import Streams, examples_a_step, total_steps
from seqviz.training.loop import train
from seqviz.training.recipes import text_recipe
from seqviz.training.snapshots import load_snapshots

RUN = TrainSpec(
    epochs=3, batch_size=4, learning_rate=1e-2, schedule="one-cycle", optimizer="adamw", truncate=20, device="cpu"
)


@pytest.fixture(scope="module")
def data() -> TextData:
    return load_text(
        "the quick brown fox jumps over a lazy dog.\n" * 12 + "pack my box with five dozen liquor jugs!\n" * 13
    )


def spec_for(data: TextData, **changes) -> LanguageModelSpec:
    return LanguageModelSpec(data.vocabulary.characters, **{"embedding_size": 6, "hidden_size": 8, **changes})


def numbers(events: Iterable[TrainEvent]) -> list[tuple[float, ...]]:
    return [(e.step, e.loss, e.accuracy, e.gradient_norm) for e in events if isinstance(e, StepCompleted)]


def plain_loop(model: CharLanguageModel, data: TextData, run: TrainSpec) -> list[float]:
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
        memory = None
        for start in range(0, length, run.truncate):
            logits, memory = model(inputs[:, start : start + run.truncate], memory)
            memory = tuple(s.detach() for s in memory) if isinstance(memory, tuple) else memory.detach()
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
    ours, theirs = (build_language_model(spec_for(data, **changes), 5) for _ in range(2))
    losses = [event.loss for event in train(ours, data, RUN) if isinstance(event, StepCompleted)]
    assert losses == plain_loop(theirs, data, RUN)
    assert len(losses) == total_steps(data, RUN)
    for mine, reference in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(mine, reference)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_the_state_crosses_the_border_and_the_gradient_does_not(data, cell):
    model = build_language_model(spec_for(data, cell=cell), 1)
    streams = Streams(model, data, RUN, torch.device("cpu"))
    first, second = list(streams.batches(after=0))[:2]
    streams.forward(first, 1)
    carried = dict(streams.carried)
    assert all(not state.requires_grad and state.abs().sum() > 0 for state in carried.values())

    _, outputs, _ = streams.forward(second, 2)
    whole, _ = model(streams.inputs[:, : 2 * RUN.truncate])  # one text of two chunks, without a border
    torch.testing.assert_close(outputs, whole[:, RUN.truncate :].flatten(0, 1))

    early = model.embedding(streams.inputs[:, : RUN.truncate]).detach().requires_grad_()
    late = model.embedding(streams.inputs[:, RUN.truncate : 2 * RUN.truncate])
    hidden, _ = model.rnn(torch.cat([early, late], dim=1))
    (across,) = torch.autograd.grad(hidden[:, RUN.truncate :].sum(), early)
    assert across.abs().sum() > 0, "without a border the gradient would get across"

    seen: list[torch.Tensor] = []
    embed = model.embedding.forward
    model.embedding.forward = lambda tokens: seen.append(embed(tokens).detach().requires_grad_()) or seen[-1]
    streams.forward(first, 1)
    outputs = streams.forward(second, 2).outputs
    before, here = torch.autograd.grad(outputs.sum(), seen, allow_unused=True)
    assert before is None, "the second chunk's loss knows nothing of the first chunk's letters"
    assert here.abs().sum() > 0


def test_an_epoch_begins_with_an_empty_memory(data):
    model = build_language_model(spec_for(data), 1)
    streams = Streams(model, data, RUN, torch.device("cpu"))
    indices = list(streams.batches(after=0))
    fresh = streams.forward(indices[0], 1).outputs
    streams.forward(indices[1], 2)
    again = streams.forward(indices[len(indices) // RUN.epochs], 3).outputs
    assert torch.equal(fresh, again)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_a_resumed_run_goes_on_as_if_nothing_had_happened(data, cell, tmp_path):
    spec = spec_for(data, cell=cell, num_layers=2, dropout=0.3)
    run = replace(RUN, snapshot_every=5)
    whole = list(train(build_language_model(spec, 5), data, run))
    snapshots = [event for event in whole if isinstance(event, SnapshotTaken)]
    assert len(snapshots) > 4
    for snapshot in snapshots[:-1]:
        kept = Checkpoint(
            spec, snapshot.weights, data.name, run, step=snapshot.step, optimizer=snapshot.optimizer,
            settings=snapshot.settings, carried=snapshot.carried,
        )  # fmt: skip
        save_checkpoint(kept, tmp_path / "run.safetensors")
        resume = load_checkpoint(tmp_path / "run.safetensors", with_optimizer=True).snapshot
        rest = list(train(build_language_model(spec, 99), data, run, resume=resume))
        assert numbers(rest) == [row for row in numbers(whole) if row[0] > snapshot.step]


def test_it_learns_and_is_scored_on_what_was_held_out(data):
    run = replace(RUN, epochs=30, learning_rate=2e-2)
    events = list(train(build_language_model(spec_for(data, hidden_size=32), 0), data, run))
    evaluations = [event.evaluation for event in events if isinstance(event, EvalCompleted)]
    assert evaluations[-1].loss < 0.5 * evaluations[0].loss
    assert evaluations[-1].accuracy > 0.6
    assert events[-1] == RunEnded(total_steps(data, run), "finished", f"All {total_steps(data, run)} steps are done.")


def test_tied_weights_survive_a_checkpoint(data, tmp_path):
    model = build_language_model(spec_for(data, embedding_size=8, tied=True), 3)
    save_checkpoint(Checkpoint(model.spec, model.state_dict(), "own", RUN), tmp_path / "tied.safetensors")
    found = load_checkpoint(tmp_path / "tied.safetensors").build()
    assert isinstance(found, CharLanguageModel)
    assert found.head.weight is found.embedding.weight
    assert torch.equal(found.head.weight, model.head.weight)


def test_a_job_keeps_a_film_with_every_evaluation(data, tmp_path):
    queue = JobQueue(tmp_path)
    run = replace(RUN, eval_every=7)
    job = queue.submit(JobRequest(spec_for(data), run, data, owner="me"))
    end = time.monotonic() + 30
    while not job.view().ended and time.monotonic() < end:
        time.sleep(0.02)
    view = job.view()
    assert (view.state, view.step) == ("finished", total_steps(data, run))
    assert view.run.split("-")[2:4] == ["gru", "text"]
    film = load_snapshots(tmp_path / "snapshots" / f"{job.run}.safetensors")
    assert {0, 1, *(int(step) for step in view.curve["eval_step"])} <= set(film.steps)
    assert isinstance(film.build(film.steps[-1]), CharLanguageModel)
    assert load_checkpoint(tmp_path / f"{job.run}.safetensors").model == spec_for(data)
    queue.shutdown()


def test_what_does_not_fit_is_said(data, few):
    with pytest.raises(InputError, match="too few for a batch of 4,000 streams. Set the batch to"):
        next(train(build_language_model(spec_for(data)), data, replace(RUN, batch_size=4000)))
    with pytest.raises(InputError, match="cannot learn from digits"):
        next(train(build_language_model(spec_for(data)), few, RUN))
    with pytest.raises(InputError, match="texts are for character models"):
        next(train(build_model(ModelSpec(hidden_size=4)), data, RUN))
    other = LanguageModelSpec("xyz", hidden_size=4)
    with pytest.raises(InputError, match="does not know"):
        next(train(build_language_model(other), data, RUN))


@pytest.mark.parametrize("length", [1_000, 10_000, 300_000])
def test_the_recipe_fits_texts_of_any_length(length):
    data = load_text(("some words in a row, again. " * (length // 28 + 1))[:length])
    spec, run = text_recipe(data)
    assert spec.vocabulary == data.vocabulary.characters
    steps = total_steps(data, run)
    assert 700 <= steps <= 1500 or run.epochs == 1
    assert 8 <= steps // run.eval_every <= 11
    assert examples_a_step(data, run) <= len(data.train)
