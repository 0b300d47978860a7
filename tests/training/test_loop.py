"""Training is reproducible, resumable, interruptible, and gives everything back."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice, pairwise

import pytest
import torch
from torch import nn

from seqviz.data.batch import Batch
from seqviz.data.datasets import SequenceData
from seqviz.errors import CheckpointError, DeviceError, InputError
from seqviz.networks.build import build_model
from seqviz.specs import DenseInput, HeadSpec, ModelSpec, RecurrentSpec, TrainSpec
from seqviz.training.events import EvalAdvanced, EvalCompleted, RunEnded, SnapshotTaken, StepCompleted, TrainEvent
from seqviz.training.loop import _clip, total_steps, train

MODEL = ModelSpec.classifier("gru", 8)
RUN = TrainSpec(epochs=3, batch_size=16, learning_rate=1e-2, schedule="one-cycle", seed=5, device="cpu")


def numbers(events: Iterable[TrainEvent]) -> list[tuple[float, ...]]:
    """What must be the same from run to run: everything but the speed."""
    steps = [event for event in events if isinstance(event, StepCompleted)]
    return [(e.step, e.loss, e.metrics["accuracy"], e.gradient_norm, e.learning_rate) for e in steps]


def plain_loop(model: nn.Module, data, spec: TrainSpec) -> list[float]:
    """The same training as anyone would write it in PyTorch."""
    optimizer = torch.optim.Adam(model.parameters(), lr=spec.learning_rate)
    steps = total_steps(data, spec)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, spec.learning_rate, total_steps=steps)
    shuffle = torch.Generator().manual_seed(spec.seed)
    losses = []
    for _ in range(spec.epochs):
        for index in torch.randperm(len(data.train), generator=shuffle).split(spec.batch_size):
            loss = nn.functional.cross_entropy(model(data.train.inputs[index]), data.train.targets[index])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), spec.clip)
            optimizer.step()
            losses.append(loss.item())
            if len(losses) < steps:
                schedule.step()
    return losses


def test_it_is_the_plain_loop(few):
    ours, theirs = build_model(MODEL, 5), build_model(MODEL, 5)
    losses = [event.loss for event in train(ours, few, RUN) if isinstance(event, StepCompleted)]
    assert losses == plain_loop(theirs, few, RUN)
    for mine, reference in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(mine, reference)


@pytest.mark.parametrize("model", [MODEL, ModelSpec.classifier(hidden_size=8, num_layers=2, dropout=0.5)])
def test_the_same_seed_gives_the_same_curve_and_leaves_the_global_generator(few, model):
    before = torch.get_rng_state()
    first = numbers(train(build_model(model, 5), few, RUN))
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(3)
    assert numbers(train(build_model(model, 5), few, RUN)) == first
    assert numbers(train(build_model(model, 5), few, replace(RUN, seed=6))) != first


@pytest.mark.parametrize("schedule", ["one-cycle", "constant"])
def test_a_resumed_run_goes_on_as_if_nothing_had_happened(few, schedule):
    spec = replace(RUN, schedule=schedule, snapshot_every=4)
    model = ModelSpec.classifier("gru", 8, num_layers=2, dropout=0.3)
    whole = list(train(build_model(model, 5), few, spec))
    snapshots = [event for event in whole if isinstance(event, SnapshotTaken)]
    assert [snapshot.step for snapshot in snapshots] == [0, 4, 5, 8, 10, 12, 15]
    for snapshot in snapshots[:-1]:
        rest = list(train(build_model(model, 99), few, spec, resume=snapshot))
        assert numbers(rest) == [row for row in numbers(whole) if row[0] > snapshot.step]


@pytest.mark.parametrize("step", [7, 15])
def test_an_evaluation_that_was_stopped_is_made_up_for(few, step):
    spec = replace(RUN, eval_every=7)
    seen: list[TrainEvent] = []

    def in_the_evaluation() -> bool:
        return isinstance(seen[-1], EvalAdvanced) and seen[-1].step == step

    for event in train(build_model(MODEL, 5), few, spec, stop=in_the_evaluation):
        seen.append(event)  # noqa: PERF402 - the run asks for the last one while it goes on
    snapshot = seen[-2]
    assert (snapshot.step, seen[-1].outcome) == (step, "stopped")
    assert step not in [event.step for event in seen if isinstance(event, EvalCompleted)]
    rest = list(train(build_model(MODEL, 99), few, spec, resume=snapshot))
    evaluations = [event for event in rest if isinstance(event, EvalCompleted)]
    unbroken = [event for event in train(build_model(MODEL, 5), few, spec) if isinstance(event, EvalCompleted)]
    expected = [event for event in unbroken if event.step >= step]
    assert [(e.step, e.evaluation.loss) for e in evaluations] == [(e.step, e.evaluation.loss) for e in expected]


@pytest.mark.parametrize("limit", [1e-6, 1e-5, 0.1, 0.999, 1.0, 1.001, 10.0, None])
@pytest.mark.parametrize("norm", [1e-6, 9.95e-6, 0.0995, 0.999999, 1.0, 5.0])
def test_clipping_is_pytorchs_own(norm, limit):
    ours, theirs = ([nn.Parameter(torch.zeros(3)), nn.Parameter(torch.zeros(2, 2))] for _ in range(2))
    generator = torch.Generator().manual_seed(1)
    gradients = [torch.randn(one.shape, generator=generator) for one in ours]
    scale = norm / float(nn.utils.get_total_norm(gradients))
    for parameters in (ours, theirs):
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = scale * gradient
    expected = nn.utils.clip_grad_norm_(theirs, torch.inf if limit is None else limit)
    assert _clip(ours, limit) == float(expected)
    assert all(torch.equal(mine.grad, other.grad) for mine, other in zip(ours, theirs, strict=True))


def test_a_run_ends_when_its_patience_does_however_often_it_is_resumed(few):
    spec = replace(RUN, learning_rate=0.1, schedule="constant", eval_every=1)
    whole = list(train(build_model(MODEL, 5), few, spec))
    losses = [event.evaluation.loss for event in whole if isinstance(event, EvalCompleted)]
    since_lowest = [step - min(range(step + 1), key=losses.__getitem__) for step in range(len(losses))]
    end = since_lowest.index(2) + 1
    assert 2 < end < len(losses), "the loss rises twice in a row, or this test says nothing"
    patient = replace(spec, patience=2)
    events = list(train(build_model(MODEL, 5), few, patient))
    assert numbers(events) == numbers(whole)[:end]
    reason = f"Ended early, after step {end} of 15: the held-out loss has not fallen 2 times in a row."
    assert events[-1] == RunEnded(end, "finished", reason)
    for snapshot in (event for event in events if isinstance(event, SnapshotTaken)):
        rest = list(train(build_model(MODEL, 99), few, patient, resume=snapshot))
        assert numbers(rest) == [row for row in numbers(events) if row[0] > snapshot.step]
        assert rest[-1] == events[-1]


def test_a_snapshot_that_does_not_fit_is_refused(few):
    *_, snapshot = (e for e in train(build_model(MODEL), few, RUN) if isinstance(e, SnapshotTaken))
    with pytest.raises(CheckpointError, match="cannot go on from its checkpoint at step 15"):
        list(train(build_model(ModelSpec.classifier("gru", 9)), few, RUN, resume=snapshot))


def test_events_come_in_order(few):
    events = list(train(build_model(MODEL), few, replace(RUN, eval_every=7)))
    assert isinstance(events[0], SnapshotTaken)
    assert events[-1] == RunEnded(15, "finished", "All 15 steps are done.")
    assert [event.step for event in events if isinstance(event, EvalCompleted)] == [7, 14, 15]
    for before, after in pairwise(events):
        if isinstance(before, EvalCompleted):
            assert isinstance(after, SnapshotTaken)


def test_stop_takes_a_snapshot_and_gives_the_mode_back(few):
    model = build_model(MODEL).eval()
    seen: list[TrainEvent] = []
    for event in train(model, few, RUN, stop=lambda: len(seen) >= 4):
        seen.append(event)  # noqa: PERF402 - the run asks for the length while it goes on
    assert isinstance(seen[-2], SnapshotTaken)
    assert seen[-1] == RunEnded(3, "stopped", "Stopped after step 3 of 15.")
    assert not model.training


def test_a_caller_that_walks_away_gets_the_mode_back(few):
    model = build_model(MODEL).eval()
    events = train(model, few, RUN)
    list(islice(events, 3))
    events.close()
    assert not model.training


def test_divergence_is_named_with_its_step_and_leaves_finite_weights(few):
    model = build_model(ModelSpec.classifier("rnn", nonlinearity="relu", hidden_size=32))
    wild = TrainSpec(epochs=40, batch_size=16, learning_rate=9.0, clip=None, device="cpu")
    *_, ended = train(model, few, wild)
    assert isinstance(ended, RunEnded)
    assert ended.outcome == "diverged"
    assert f"At step {ended.step}" in ended.reason
    assert "rate 9" in ended.reason
    assert all(torch.isfinite(parameter).all() for parameter in model.parameters())


def test_data_with_nan_is_named(few):
    broken = few.train.inputs.clone()
    broken[40] = torch.nan
    data = replace(few, train=replace(few.train, inputs=broken))
    *_, ended = train(build_model(MODEL), data, RUN)
    assert "the batch contains NaN or infinity" in ended.reason


def test_data_that_does_not_fit_and_devices_that_are_not_there(few):
    with pytest.raises(InputError, match="reads .batch, time, 5."):
        next(train(build_model(ModelSpec.classifier("gru", 8, input_size=5)), few, RUN))
    if not torch.cuda.is_available():
        with pytest.raises(DeviceError, match="no cuda device; it has cpu"):
            next(train(build_model(MODEL), few, replace(RUN, device="cuda")))


def test_an_evaluation_that_is_not_finite_is_divergence(few):
    """The step itself was finite; on the test split the logits overflow."""
    huge = replace(few, test=replace(few.test, inputs=few.test.inputs * 1e38))
    model = build_model(ModelSpec.classifier("rnn", nonlinearity="relu", hidden_size=64), 1)
    with torch.no_grad():
        model.head.weight.mul_(1000)
    events = list(train(model, huge, TrainSpec(epochs=1, batch_size=len(few.train), device="cpu")))
    assert not any(isinstance(event, EvalCompleted) for event in events)
    assert isinstance(events[-1], RunEnded)
    assert events[-1].outcome == "diverged"
    assert "After step 1 the loss on the test split was" in events[-1].reason


def test_a_stop_after_an_evaluation_does_not_repeat_it(few):
    spec = replace(RUN, epochs=2)
    seen: list[TrainEvent] = []
    events = train(build_model(MODEL, 5), few, spec, stop=lambda: any(isinstance(e, EvalCompleted) for e in seen))
    seen.extend(events)
    last = [event for event in seen if isinstance(event, SnapshotTaken)][-1]
    resumed = list(train(build_model(MODEL, 5), few, spec, resume=last))
    assert [e.step for e in resumed if isinstance(e, EvalCompleted)] == [total_steps(few, spec)]


def test_other_data_than_the_run_began_with_is_refused(few):
    events = train(build_model(MODEL, 5), few, RUN)
    first = next(event for event in events if isinstance(event, SnapshotTaken))
    fewer = replace(few, train=few.train[: len(few.train) // 2])
    with pytest.raises(CheckpointError, match="The run was to take .* steps; with the data as it is now they are"):
        list(train(build_model(MODEL, 5), fewer, RUN, resume=first))


def test_the_share_of_an_evaluation_counts_what_the_objective_counts():
    """Tags at every step: as many targets as steps that are no padding."""
    batch = Batch.collate([torch.zeros(length, 2) for length in (5, 3, 1)], [torch.zeros(n).long() for n in (5, 3, 1)])
    spec = ModelSpec(DenseInput(2), RecurrentSpec("rnn", 3), HeadSpec("each_step", 2))
    data = SequenceData("tags", batch, batch, "step_cross_entropy")
    events = list(train(build_model(spec), data, TrainSpec(epochs=1, batch_size=3, device="cpu")))
    assert [(e.done, e.total) for e in events if isinstance(e, EvalAdvanced)] == [(9, 9)]
    assert [e.targets for e in events if isinstance(e, StepCompleted)] == [9]
