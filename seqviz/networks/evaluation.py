"""Score a network on labelled sequences."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqviz.data.split import Split
from seqviz.networks.baselines import Baseline
from seqviz.networks.classifier import SequenceClassifier
from seqviz.networks.objective import correct, objective

BATCH = 500
WORST = 12  # mistakes kept


@dataclass(frozen=True)
class Mistake:
    """A test example that was read wrongly: its index, its class, the answer and the answer's probability."""

    index: int
    label: int
    answer: int
    probability: float


@dataclass(frozen=True)
class Evaluation:
    """A network scored on a split: mean loss in nats, accuracy in [0, 1], `confusion[label, answer]` counts.

    `mistakes` are the most confident wrong answers, worst first.
    """

    loss: float
    accuracy: float
    confusion: Int[Tensor, "classes classes"]
    mistakes: tuple[Mistake, ...]


def evaluate(model: SequenceClassifier | Baseline, split: Split) -> Evaluation:
    """Loss, accuracy, confusion matrix and the worst mistakes. The model's mode is given back."""
    *_, evaluation = evaluate_in_batches(model, split)
    assert isinstance(evaluation, Evaluation)
    return evaluation


def evaluate_in_batches(model: SequenceClassifier | Baseline, split: Split) -> Iterator[int | Evaluation]:
    """The number of examples scored so far, batch by batch, and at the end the evaluation."""
    logits = []
    for start in range(0, len(split), BATCH):
        logits.append(_score(model, split.sequences[start : start + BATCH]))
        yield min(start + BATCH, len(split))
    yield summarize(torch.cat(logits), split.labels)


def _score(model: SequenceClassifier | Baseline, sequences: Tensor) -> Float[Tensor, "batch classes"]:
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            return model(sequences.to(model.head.weight.device)).cpu()
    finally:
        model.train(was_training)


def summarize(logits: Float[Tensor, "n classes"], labels: Int[Tensor, " n"] | Float[Tensor, " n"]) -> Evaluation:
    """Logits against classes; for real numbers there is no confusion, and no mistake is listed."""
    labels = labels.cpu()
    loss, accuracy = float(objective(logits, labels)), float(correct(logits, labels).double().mean())
    if labels.is_floating_point():
        return Evaluation(loss, accuracy, torch.zeros(0, 0, dtype=torch.int64), ())
    classes = logits.shape[1]
    probabilities, answers = logits.softmax(dim=1).max(dim=1)
    wrong = answers != labels
    worst = torch.where(wrong, probabilities, -1.0).topk(min(WORST, int(wrong.sum()))).indices.tolist()
    return Evaluation(
        loss,
        accuracy,
        confusion=torch.bincount(labels * classes + answers, minlength=classes**2).reshape(classes, classes),
        mistakes=tuple(Mistake(i, int(labels[i]), int(answers[i]), float(probabilities[i])) for i in worst),
    )
