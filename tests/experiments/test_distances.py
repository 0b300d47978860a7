"""The tasks that need a memory, and several runs side by side."""

import pytest
import torch
from torch.nn import functional as F

from seqviz.data.adding import adding_problem
from seqviz.errors import InputError
from seqviz.experiments.distances import CHANCE, Trials, learn_over_distances, task_data, task_models
from seqviz.experiments.race import interleaved
from seqviz.networks.build import build_model, parameter_counts
from seqviz.networks.scoring import evaluate
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.training.events import StepCompleted
from seqviz.training.loop import train


def test_the_adding_problem():
    data = adding_problem(31, train=400, test=50, seed=2)
    x, y = data.train.inputs, data.train.targets
    assert x.shape == (400, 31, 2)
    assert (x[..., 1].sum(dim=1) == 2).all()
    assert (x[:, :15, 1].sum(dim=1) == 1).all()
    torch.testing.assert_close((x[..., 0] * x[..., 1]).sum(dim=1), y)
    assert F.mse_loss(torch.ones(400), y).item() == pytest.approx(1 / 6, abs=0.03)
    assert not torch.equal(x[:50], data.test.inputs)
    assert torch.equal(adding_problem(31, 400, 50, 2).test.targets, data.test.targets)
    with pytest.raises(InputError, match="1 steps"):
        adding_problem(1)


def test_the_adding_problem_is_scored_by_its_sums():
    """A network that always answers 1 has the loss and the accuracy that theory gives it."""
    model = build_model(ModelSpec.classifier("gru", 4, input_size=2, num_classes=1))
    with torch.no_grad():
        model.head.weight.zero_()
        model.head.bias.fill_(1.0)
    found = evaluate(model, adding_problem(9, 4, 20_000))
    assert found.loss == pytest.approx(1 / 6, abs=0.005)
    assert found.metrics["within_tolerance"] == pytest.approx(CHANCE["adding"], abs=0.005)


def test_cells_are_matched_by_parameters():
    models = task_models("delayed", ("rnn", "gru", "lstm"), 48)
    counts = [parameter_counts(spec).total for spec in models.values()]
    assert max(counts) / min(counts) < 1.08
    assert models["rnn"].encoder.hidden_size == 48


def test_a_delayed_digit_is_the_digit_and_then_nothing():
    data, plain = task_data("delayed", 7), task_data("delayed", 0)
    assert torch.equal(data.test.inputs[:, :28], plain.test.inputs)
    assert (data.test.inputs[:, 28:] == 0).all()
    assert data.test.inputs.shape[1] == 35


def test_runs_interleaved_are_the_runs_alone(few):
    """Alternating steps change nothing in either run."""

    def run(seed):
        return train(build_model(ModelSpec.classifier("gru", 4), seed), few, TrainSpec(epochs=2, seed=seed))

    def losses(events):
        return [event.loss for event in events if isinstance(event, StepCompleted)]

    together = list(interleaved({0: run(0), 1: run(1)}))
    order = [name for name, event in together if isinstance(event, StepCompleted)]
    assert order == [0, 1] * (len(order) // 2)
    for seed in (0, 1):
        assert losses(event for name, event in together if name == seed) == losses(run(seed))


def test_accuracies_over_distances():
    models = task_models("adding", ("rnn", "gru"), 8)
    items = list(learn_over_distances("adding", models, 1.0, distances=(2, 4), epochs=1))
    shares = [item for item in items if isinstance(item, float)]
    assert shares == sorted(shares)
    last = items[-1]
    assert isinstance(last, Trials)
    assert list(last.curve("rnn")) == list(last.curve("gru")) == [2, 4]
    assert len(last.trials[0].steps) == 63
