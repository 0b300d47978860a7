"""A new task is a dataset and an objective: the loop, the evaluation, jobs and checkpoints take them as they are."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from seqviz.data.batch import Batch
from seqviz.data.datasets import Dataset, SequenceData
from seqviz.jobs.jobs import JobRequest
from seqviz.jobs.queue import JobQueue
from seqviz.networks.build import build_model
from seqviz.networks.evaluation import Classification, Regression
from seqviz.networks.objectives import OBJECTIVES, Metric, SquaredError
from seqviz.networks.scoring import evaluate
from seqviz.specs import DenseInput, EmbeddingInput, HeadSpec, ModelSpec, RecurrentSpec, TrainSpec
from seqviz.training.checkpoints import load_checkpoint
from seqviz.training.events import SnapshotTaken, StepCompleted
from seqviz.training.loop import train
from seqviz.training.summary import RunSummary
from tests.waiting import wait_until

RECIPE = TrainSpec(epochs=3, batch_size=8, learning_rate=2e-2, bucket_by_length=True, device="cpu")
WORDS = RecurrentSpec("gru", 8, bidirectional=True)


def of_any_length(tokens: int, seed: int, count: int = 90) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(1, 12, (count,), generator=generator).tolist()
    return [torch.randint(tokens, (length,), generator=generator) for length in lengths]


def classes() -> tuple[SequenceData, ModelSpec]:
    """Which of three tokens comes most often? Sequences of any lengths, a class each."""
    sequences = of_any_length(3, seed=0)
    batch = Batch.collate(sequences, torch.tensor([int(one.bincount(minlength=3).argmax()) for one in sequences]))
    spec = ModelSpec(EmbeddingInput("abc", 4), WORDS, HeadSpec("mean", 3))
    return SequenceData("classes", batch[:60], batch[60:]), spec


def yes_or_no() -> tuple[SequenceData, ModelSpec]:
    """Is there a `c` in it?"""
    sequences = of_any_length(3, seed=1)
    batch = Batch.collate(sequences, torch.tensor([int((one == 2).any()) for one in sequences]))
    spec = ModelSpec(EmbeddingInput("abc", 4), WORDS, HeadSpec("attention", 1))
    return SequenceData("yes or no", batch[:60], batch[60:], "binary_cross_entropy"), spec


def numbers() -> tuple[SequenceData, ModelSpec]:
    """The mean of the inputs."""
    sequences = [(tokens.float() / 2)[:, None] for tokens in of_any_length(3, seed=2)]
    batch = Batch.collate(sequences, torch.stack([one.mean() for one in sequences]))
    spec = ModelSpec(DenseInput(1), WORDS, HeadSpec("last", 1))
    return SequenceData("numbers", batch[:60], batch[60:], "squared_error"), spec


def tags() -> tuple[SequenceData, ModelSpec]:
    """At every step: does the next token equal this one? Both directions have to be read."""
    sequences = of_any_length(3, seed=3)
    answers = [(torch.cat([one[1:], one[-1:] + 1]) == one).long() for one in sequences]
    batch = Batch.collate(sequences, answers)
    spec = ModelSpec(EmbeddingInput("abc", 4), WORDS, HeadSpec("each_step", 2))
    return SequenceData("tags", batch[:60], batch[60:], "step_cross_entropy"), spec


@pytest.mark.parametrize("task", [classes, yes_or_no, numbers, tags])
def test_every_task_is_trained_scored_saved_and_resumed(task, tmp_path):
    data, spec = task()
    assert isinstance(data, Dataset)
    untrained = evaluate(build_model(spec, RECIPE.seed), data)
    queue = JobQueue(tmp_path)
    job = queue.submit(JobRequest(spec, RECIPE, data, "me"))
    wait_until(lambda: job.view().ended)
    assert (job.view().state, job.view().step) == ("finished", 24), job.view().message
    saved = load_checkpoint(tmp_path / f"{job.run}.safetensors", with_optimizer=True)
    names = {metric.name for metric in OBJECTIVES[data.objective].metrics}
    assert set(saved.metrics) == names
    assert names <= set(saved.curve), "every metric has a curve"
    found = evaluate(saved.build(), data)
    assert found.metrics == pytest.approx(saved.metrics)
    assert found.loss < untrained.loss
    queue.shutdown()

    longer = replace(RECIPE, epochs=4)
    unbroken = [event for event in train(build_model(spec, 0), data, longer) if isinstance(event, StepCompleted)]
    events = train(build_model(spec, 0), data, longer)
    halfway = next(event for event in events if isinstance(event, SnapshotTaken) and event.step == 16)
    rest = train(build_model(spec, 5), data, longer, resume=halfway)
    losses = [event.loss for event in rest if isinstance(event, StepCompleted)]
    assert losses == [event.loss for event in unbroken[16:]]


@pytest.mark.parametrize("task", [classes, yes_or_no, numbers, tags])
def test_what_stands_behind_the_end_of_a_sequence_changes_nothing(task):
    data, spec = task()
    garbage = torch.Generator().manual_seed(0)

    def spoiled(split: Batch) -> Batch:
        noise = torch.randint(3, split.inputs.shape, generator=garbage).to(split.inputs)
        mask = split.mask if split.inputs.ndim == 2 else split.mask[..., None]
        targets = split.targets
        if data.objective == "step_cross_entropy":
            targets = torch.where(split.mask, targets, 1)
        return replace(split, inputs=torch.where(mask, split.inputs, noise), targets=targets)

    other = replace(data, train=spoiled(data.train), test=spoiled(data.test))
    assert not torch.equal(other.train.inputs, data.train.inputs)
    runs = [RunSummary(each, RECIPE) for each in (data, other)]
    for run, each in zip(runs, (data, other), strict=True):
        for event in train(build_model(spec, 0), each, RECIPE):
            run.add(event)
    assert runs[0].curve.columns() == runs[1].curve.columns()
    assert runs[0].metrics == runs[1].metrics


def test_the_kind_of_evaluation_follows_the_task():
    for task, kind in ((classes, Classification), (yes_or_no, Classification), (numbers, Regression)):
        data, spec = task()
        assert isinstance(evaluate(build_model(spec), data), kind)


class Huber(SquaredError):
    """An objective that nothing in the project knows: its own loss, its own metric."""

    name = "huber"
    metrics = (Metric("largest_error", "largest error", "mm", higher_is_better=False), SquaredError.metrics[-1])

    def check(self, outputs, batch):
        pass

    def loss(self, outputs, batch):
        return F.huber_loss(outputs[:, 0], batch.targets, delta=0.2)

    def measure(self, outputs, batch):
        return {"largest_error": float((outputs[:, 0] - batch.targets).abs().max())}

    def evaluation(self, summaries):
        errors = torch.cat([outputs[:, 0] - targets for outputs, targets in summaries])
        loss = float(F.huber_loss(errors, torch.zeros_like(errors), delta=0.2))
        return Regression({"largest_error": float(errors.abs().max()), "loss": loss}, errors[:, None])


class Ramps:
    """A dataset that nothing in the project knows, with batches made as they are asked for."""

    name, objective = "ramps", "huber"

    def for_network(self, spec):
        return self

    def steps_per_epoch(self, training):
        return 10

    def training_batches(self, training, device, after=0) -> Iterator[Batch]:
        for step in range(after, training.epochs * 10):
            yield self._batch(training.batch_size, training.seed * 1000 + step).to(device)

    def test_batches(self, device="cpu") -> Iterator[Batch]:
        yield self._batch(20, 999_999).to(device)

    def _batch(self, count: int, seed: int) -> Batch:
        generator = torch.Generator().manual_seed(seed)
        slopes = torch.rand(count, generator=generator)
        lengths = torch.randint(2, 9, (count,), generator=generator).tolist()
        ramps = [slope * torch.arange(length)[:, None] / 8 for slope, length in zip(slopes, lengths, strict=True)]
        return Batch.collate(ramps, slopes)


def test_a_dataset_and_an_objective_from_outside_are_all_that_a_task_needs(monkeypatch, tmp_path):
    monkeypatch.setitem(OBJECTIVES, "huber", Huber())
    data, spec = Ramps(), ModelSpec(DenseInput(1), RecurrentSpec("lstm", 8), HeadSpec("last", 1))
    assert isinstance(data, Dataset)
    queue = JobQueue(tmp_path)
    job = queue.submit(JobRequest(spec, replace(RECIPE, epochs=6), data, "me"))
    wait_until(lambda: job.view().ended)
    view = job.view()
    assert view.state == "finished", view.message
    assert set(view.metrics) == {"largest_error", "loss"}
    assert {"largest_error", "eval_largest_error"} <= set(view.curve)
    assert view.curve["eval_loss"][-1] < 0.5 * view.curve["loss"][0]
    assert load_checkpoint(tmp_path / f"{job.run}.safetensors").objective == "huber"
    queue.shutdown()
