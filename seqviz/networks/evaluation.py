"""What the scores of a network are: one frozen result for each kind of task."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

WORST = 12  # mistakes kept


@dataclass(frozen=True)
class Evaluation:
    """A network scored on held-out data: its metrics by name (`Objective.metrics`), the loss among them."""

    metrics: Mapping[str, float]

    @property
    def loss(self) -> float:
        return self.metrics["loss"]

    @property
    def accuracy(self) -> float:
        """The share of right answers, where the task has any."""
        return self.metrics["accuracy"]


@dataclass(frozen=True)
class Mistake:
    """A test example that was read wrongly: its index, its class, the answer and the answer's probability."""

    index: int
    label: int
    answer: int
    probability: float


@dataclass(frozen=True)
class Classification(Evaluation):
    """One class of several: `confusion[label, answer]` counts; `mistakes` are the most confident ones, worst first."""

    confusion: Int[Tensor, "classes classes"]
    mistakes: tuple[Mistake, ...]


@dataclass(frozen=True)
class Regression(Evaluation):
    """Numbers: `errors` are the answers minus the targets."""

    errors: Float[Tensor, "n numbers"]


def classification(probabilities: Float[Tensor, "n classes"], labels: Int[Tensor, " n"], loss: float) -> Classification:
    """Answers beside the right ones."""
    classes = probabilities.shape[1]
    certainty, answers = probabilities.max(dim=1)
    wrong = answers != labels
    worst = torch.where(wrong, certainty, -1.0).topk(min(WORST, int(wrong.sum()))).indices.tolist()
    return Classification(
        {"accuracy": float((~wrong).double().mean()), "loss": loss},
        confusion=torch.bincount(labels * classes + answers, minlength=classes**2).reshape(classes, classes),
        mistakes=tuple(Mistake(i, int(labels[i]), int(answers[i]), float(certainty[i])) for i in worst),
    )
