"""Scores against scikit-learn's."""

import torch
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss

from seqviz.networks.build import build_model
from seqviz.networks.evaluation import evaluate
from seqviz.specs import ModelSpec


def test_scores_are_those_of_scikit_learn(digits):
    model = build_model(ModelSpec(hidden_size=8, num_layers=2, dropout=0.5), seed=2).train()
    result = evaluate(model, digits.test)
    assert model.training
    with torch.no_grad():
        probabilities = model.eval()(digits.test.sequences).double().softmax(dim=1)
    labels, answers = digits.test.labels.numpy(), probabilities.argmax(dim=1).numpy()
    assert result.accuracy == accuracy_score(labels, answers)
    assert abs(result.loss - log_loss(labels, probabilities.numpy())) < 1e-5
    assert result.confusion.tolist() == confusion_matrix(labels, answers).tolist()
    assert len(result.mistakes) == 12
    certainty = [mistake.probability for mistake in result.mistakes]
    assert certainty == sorted(certainty, reverse=True)
    for mistake in result.mistakes:
        assert (labels[mistake.index], answers[mistake.index]) == (mistake.label, mistake.answer)
        assert mistake.label != mistake.answer
