"""Scores against scikit-learn's, and every objective's loss against PyTorch's own."""

from dataclasses import replace

import pytest
import torch
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss
from torch.nn import functional as F

from seqviz.data.adding import adding_problem
from seqviz.data.batch import Batch
from seqviz.data.datasets import SequenceData
from seqviz.errors import InputError
from seqviz.networks.build import build_model
from seqviz.networks.evaluation import Classification, Evaluation, Regression
from seqviz.networks.objectives import OBJECTIVES, TOLERANCE
from seqviz.networks.scoring import evaluate
from seqviz.specs import ModelSpec


def test_scores_are_those_of_scikit_learn(digits):
    model = build_model(ModelSpec.classifier(hidden_size=8, num_layers=2, dropout=0.5), seed=2).train()
    result = evaluate(model, digits)
    assert isinstance(result, Classification)
    assert model.training
    with torch.no_grad():
        probabilities = model.eval()(digits.test.inputs).double().softmax(dim=1)
    labels, answers = digits.test.targets.numpy(), probabilities.argmax(dim=1).numpy()
    assert result.accuracy == accuracy_score(labels, answers)
    assert abs(result.loss - log_loss(labels, probabilities.numpy())) < 1e-5
    assert result.confusion.tolist() == confusion_matrix(labels, answers).tolist()
    assert len(result.mistakes) == 12
    certainty = [mistake.probability for mistake in result.mistakes]
    assert certainty == sorted(certainty, reverse=True)
    for mistake in result.mistakes:
        assert (labels[mistake.index], answers[mistake.index]) == (mistake.label, mistake.answer)
        assert mistake.label != mistake.answer


def test_yes_or_no_is_scored_as_two_classes(digits):
    """Is it a five or more? Against scikit-learn, from one logit."""
    test = Batch(digits.test.inputs, (digits.test.targets >= 5).long())
    data = SequenceData("five or more", test, test, objective="binary_cross_entropy")
    model = build_model(ModelSpec.classifier(hidden_size=8, num_classes=1), seed=2)
    result = evaluate(model, data)
    assert isinstance(result, Classification)
    with torch.no_grad():
        yes = model(test.inputs)[:, 0].double().sigmoid()
    assert result.accuracy == accuracy_score(test.targets, yes > 0.5)
    assert result.loss == pytest.approx(log_loss(test.targets, yes), abs=1e-6)
    assert result.confusion.tolist() == confusion_matrix(test.targets, yes > 0.5).tolist()


def test_numbers_are_scored_by_their_errors():
    data = adding_problem(9, train=10, test=40)
    model = build_model(ModelSpec.classifier("gru", 6, input_size=2, num_classes=1), seed=2)
    result = evaluate(model, data)
    assert isinstance(result, Regression)
    with torch.no_grad():
        errors = model(data.test.inputs)[:, 0] - data.test.targets
    torch.testing.assert_close(result.errors[:, 0], errors)
    assert result.loss == pytest.approx(float(errors.square().mean()))
    assert result.metrics["mean_absolute_error"] == pytest.approx(float(errors.abs().mean()))
    assert result.metrics["within_tolerance"] == pytest.approx(float((errors.abs() < TOLERANCE).float().mean()))


def test_padding_does_not_count_in_a_class_at_each_step():
    """Against PyTorch's `ignore_index`."""
    objective, generator = OBJECTIVES["step_cross_entropy"], torch.Generator().manual_seed(0)
    logits = torch.randn(3, 5, 4, generator=generator)
    targets = torch.randint(4, (3, 7), generator=generator)  # padded beyond the inputs
    batch = Batch(torch.zeros(3, 5, dtype=torch.int64), targets, torch.tensor([5, 1, 3]))
    ignored = targets[:, :5].masked_fill(~batch.mask, -100)
    expected = F.cross_entropy(logits.flatten(0, 1), ignored.flatten())
    torch.testing.assert_close(objective.loss(logits, batch), expected)
    result = objective.evaluation([objective.summarize(logits, batch), objective.summarize(logits[:1], batch[:1])])
    sums = F.cross_entropy(logits.flatten(0, 1), ignored.flatten(), reduction="sum")
    again = F.cross_entropy(logits[0], targets[0, :5], reduction="sum")
    assert result.loss == pytest.approx(float(sums + again) / (9 + 5))
    right = (logits.argmax(dim=-1) == ignored).sum() + (logits[0].argmax(dim=-1) == targets[0, :5]).sum()
    assert result.accuracy == pytest.approx(float(right) / (9 + 5))
    assert objective.count(batch) == 9


@pytest.mark.parametrize("name", list(OBJECTIVES))
def test_an_evaluation_has_every_metric_and_a_batch_all_but_the_loss(name):
    objective = OBJECTIVES[name]
    classes = 3 if name.endswith("cross_entropy") and not name.startswith("binary") else 1
    steps = (4,) if name in ("step_cross_entropy", "sequence_cross_entropy") else ()
    outputs = torch.randn(6, *steps, classes)
    targets = torch.rand(6) if name == "squared_error" else torch.randint(max(2, classes), (6, *steps))
    batch = Batch(torch.zeros(6, 4, 2), targets)
    evaluation = objective.evaluation([objective.summarize(outputs, batch)])
    assert isinstance(evaluation, Evaluation)
    assert set(evaluation.metrics) == {metric.name for metric in objective.metrics}
    assert objective.name == name
    assert {"loss", *objective.measure(outputs, batch)} == set(evaluation.metrics)
    assert evaluation.loss == pytest.approx(float(objective.loss(outputs, batch)), abs=1e-6)


@pytest.mark.parametrize(
    ("name", "outputs", "targets", "sentence"),
    [
        ("cross_entropy", (6, 3), torch.tensor([0, 1, 2, 3, 0, 0]), "go from 0 to 3; they must be classes from 0 to 2"),
        ("cross_entropy", (6, 4, 3), torch.zeros(6).long(), "must answer .6, 3."),
        ("binary_cross_entropy", (6, 2), torch.zeros(6).long(), "must answer .6, 1."),
        ("binary_cross_entropy", (6, 1), torch.full((6,), 2), "classes from 0 to 1"),
        ("squared_error", (6, 10), torch.rand(6), "must answer .6, 1."),
        ("step_cross_entropy", (6, 3), torch.zeros(6, 4).long(), "must answer .6, 4, 3."),
        ("step_cross_entropy", (6, 4, 3), torch.full((6, 4), 5), "go from 5 to 5"),
    ],
)
def test_what_does_not_belong_together_is_refused(name, outputs, targets, sentence):
    with pytest.raises(InputError, match=sentence):
        OBJECTIVES[name].check(torch.zeros(outputs), Batch(torch.zeros(6, 4, 2), targets))


def test_data_that_does_not_fit_the_network_is_refused_before_it_is_scored(few):
    with pytest.raises(InputError, match="28"):
        evaluate(build_model(ModelSpec.classifier("rnn", 4, input_size=7)), few)
    with pytest.raises(InputError, match="classes from 0 to 2"):
        evaluate(build_model(ModelSpec.classifier("rnn", 4, num_classes=3)), few)
    with pytest.raises(InputError, match="test split is empty"):
        evaluate(build_model(ModelSpec.classifier("rnn", 4)), replace(few, test=few.test[:0]))
