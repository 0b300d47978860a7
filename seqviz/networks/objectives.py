"""What a network is trained for: a loss, the metrics beside it, and the evaluation that fits the task.

A new task is a class here, entered in `OBJECTIVES`, and a dataset that names it.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional as F

from seqviz.data.batch import Batch
from seqviz.data.tokens import END
from seqviz.errors import InputError
from seqviz.networks.answers import class_shares
from seqviz.networks.evaluation import Classification, Evaluation, Regression, classification
from seqviz.specs import QUANTILES, ObjectiveName

TOLERANCE = 0.04
"""A number is right within this distance, as in Hochreiter and Schmidhuber 1997."""

Outputs = Float[Tensor, "batch *rest"]
Summary = tuple[Tensor, Tensor]
"""What an objective needs to know of one batch, in two tensors on the CPU."""


@dataclass(frozen=True)
class Metric:
    """A number that says how well a network does: its name, its title on screen, its unit, and what is better.

    A metric without a unit is a share in [0, 1].
    """

    name: str
    title: str
    unit: str = ""
    higher_is_better: bool = True

    def shown(self, value: float) -> str:
        """A value as a sentence has it.

        >>> ACCURACY.shown(0.98412), LOSS.shown(1.4861)
        ('98.41 %', '1.486 nats')
        """
        return f"{value:.3f} {self.unit}" if self.unit else f"{100 * value:.2f} %"


LOSS = Metric("loss", "loss", "nats", higher_is_better=False)
ACCURACY = Metric("accuracy", "accuracy")


class Objective(ABC):
    """A loss to be minimised, and the metrics by which the network is judged; the first of them is the main one.

    An evaluation is made in two parts: `summarize` takes what it needs from the outputs for one batch, `evaluation`
    puts the summaries of a whole test split together.
    """

    name: ClassVar[ObjectiveName]
    metrics: ClassVar[tuple[Metric, ...]]

    @abstractmethod
    def check(self, outputs: Outputs, batch: Batch) -> None:
        """Refuse outputs and targets that do not belong together.

        Raises:
            InputError: another number of answers than targets, or a class that the network does not know.
        """

    @abstractmethod
    def loss(self, outputs: Outputs, batch: Batch) -> Float[Tensor, ""]:
        """The mean over the targets, with its graph."""

    @abstractmethod
    def measure(self, outputs: Outputs, batch: Batch) -> dict[str, float]:
        """The metrics of one batch, the loss left out."""

    def right(self, outputs: Outputs, batch: Batch) -> Bool[Tensor, " batch"]:
        """Which sequences get the right answer.

        Raises:
            InputError: the answers are not one class a sequence.
        """
        raise InputError(f"Answers to {self.name} are not right or wrong as a whole; compare their losses.")

    def summarize(self, outputs: Outputs, batch: Batch) -> Summary:
        """Outputs and targets, on the CPU."""
        return outputs.cpu(), batch.targets.cpu()

    @abstractmethod
    def evaluation(self, summaries: Sequence[Summary]) -> Evaluation:
        """The scores on all batches."""

    def count(self, batch: Batch) -> int:
        """How many targets a batch has."""
        return len(batch)


class CrossEntropy(Objective):
    """One class of several: outputs are logits `(batch, classes)`, targets classes `(batch,)`."""

    name = "cross_entropy"
    metrics = (ACCURACY, LOSS)

    def check(self, outputs: Outputs, batch: Batch) -> None:
        _check_shapes(outputs, (*batch.targets.shape, outputs.shape[-1]), batch)
        _check_classes(batch.targets, outputs.shape[-1])

    def loss(self, outputs: Outputs, batch: Batch) -> Float[Tensor, ""]:
        return F.cross_entropy(outputs, batch.targets)

    def right(self, outputs: Outputs, batch: Batch) -> Bool[Tensor, " batch"]:
        return outputs.argmax(dim=1) == batch.targets

    def measure(self, outputs: Outputs, batch: Batch) -> dict[str, float]:
        return {"accuracy": int(self.right(outputs, batch).count_nonzero()) / len(batch)}

    def evaluation(self, summaries: Sequence[Summary]) -> Classification:
        logits, labels = _joined(summaries)
        return classification(class_shares(logits), labels, float(F.cross_entropy(logits, labels)))


class BinaryCrossEntropy(Objective):
    """Yes or no: outputs are one logit a sequence `(batch, 1)`, targets 0 or 1 `(batch,)`."""

    name = "binary_cross_entropy"
    metrics = (ACCURACY, LOSS)

    def check(self, outputs: Outputs, batch: Batch) -> None:
        _check_shapes(outputs, (*batch.targets.shape, 1), batch)
        _check_classes(batch.targets, 2)

    def loss(self, outputs: Outputs, batch: Batch) -> Float[Tensor, ""]:
        return F.binary_cross_entropy_with_logits(outputs[:, 0], batch.targets.to(outputs))

    def right(self, outputs: Outputs, batch: Batch) -> Bool[Tensor, " batch"]:
        return (outputs[:, 0] > 0) == (batch.targets > 0)

    def measure(self, outputs: Outputs, batch: Batch) -> dict[str, float]:
        return {"accuracy": int(self.right(outputs, batch).count_nonzero()) / len(batch)}

    def evaluation(self, summaries: Sequence[Summary]) -> Classification:
        logits, labels = _joined(summaries)
        loss = F.binary_cross_entropy_with_logits(logits[:, 0], labels.to(logits))
        return classification(class_shares(logits), labels.long(), float(loss))


class SquaredError(Objective):
    """Numbers: outputs `(batch, numbers)`, targets as many, or `(batch,)` where it is one."""

    name = "squared_error"
    metrics = (
        Metric("within_tolerance", f"share within {TOLERANCE}"),
        Metric("mean_absolute_error", "mean absolute error", "target units", higher_is_better=False),
        Metric("loss", "mean squared error", "squared target units", higher_is_better=False),
    )

    def check(self, outputs: Outputs, batch: Batch) -> None:
        targets = batch.targets if batch.targets.ndim > 1 else batch.targets[:, None]
        _check_shapes(outputs, tuple(targets.shape), batch)

    def loss(self, outputs: Outputs, batch: Batch) -> Float[Tensor, ""]:
        return F.mse_loss(outputs, batch.targets.view_as(outputs))

    def measure(self, outputs: Outputs, batch: Batch) -> dict[str, float]:
        return self._distances(outputs - batch.targets.view_as(outputs))

    def evaluation(self, summaries: Sequence[Summary]) -> Regression:
        answers, targets = _joined(summaries)
        errors = answers - targets.view_as(answers)
        return Regression({**self._distances(errors), "loss": float(errors.square().mean())}, errors)

    @staticmethod
    def _distances(errors: Tensor) -> dict[str, float]:
        distance = errors.abs()
        return {
            "within_tolerance": float((distance < TOLERANCE).float().mean()),
            "mean_absolute_error": float(distance.mean()),
        }


class StepCrossEntropy(Objective):
    """A class at every step: outputs `(batch, time, classes)`, targets `(batch, time)`; padding does not count."""

    name = "step_cross_entropy"
    metrics = (LOSS, ACCURACY)

    def check(self, outputs: Outputs, batch: Batch) -> None:
        _check_shapes(outputs, (*batch.targets[:, : batch.time].shape, outputs.shape[-1]), batch)
        targets = batch.targets[:, : batch.time]
        _check_classes(targets if batch.mask is None else targets[batch.mask], outputs.shape[-1])

    def loss(self, outputs: Outputs, batch: Batch) -> Float[Tensor, ""]:
        return F.cross_entropy(*self._counted(outputs, batch))

    def measure(self, outputs: Outputs, batch: Batch) -> dict[str, float]:
        logits, targets = self._counted(outputs, batch)
        return {"accuracy": float((logits.argmax(dim=1) == targets).float().mean())}

    def summarize(self, outputs: Outputs, batch: Batch) -> Summary:
        """The summed loss and the number of right answers, and the number of steps."""
        logits, targets = self._counted(outputs, batch)
        loss = F.cross_entropy(logits, targets, reduction="sum")
        right = (logits.argmax(dim=1) == targets).sum()
        return torch.stack([loss.cpu().double(), right.cpu().double()]), torch.tensor(len(targets))

    def evaluation(self, summaries: Sequence[Summary]) -> Evaluation:
        loss, right = torch.stack([sums for sums, _ in summaries]).sum(dim=0).tolist()
        count = sum(int(steps) for _, steps in summaries)
        return Evaluation({"loss": loss / count, "accuracy": right / count})

    def count(self, batch: Batch) -> int:
        return len(batch) * batch.time if batch.lengths is None else int(batch.lengths.sum())

    def _counted(self, outputs: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """Logits `(steps, classes)` and targets `(steps,)` of all steps that are no padding."""
        targets, mask = batch.targets[:, : batch.time], batch.mask
        if mask is None:
            return outputs.flatten(0, 1), targets.flatten()
        return outputs[mask], targets[mask]


class SequenceCrossEntropy(Objective):
    """A sequence of tokens that ends with an end: outputs `(batch, steps, tokens)` to the right tokens before each.

    Greedy writing gives the right sequence exactly where every token is the likeliest after the right ones before it,
    so the share of exact answers needs no writing.
    """

    name = "sequence_cross_entropy"
    metrics = (Metric("exact", "exact answers"), LOSS)

    def check(self, outputs: Outputs, batch: Batch) -> None:
        targets = batch.targets[:, : outputs.shape[1]]
        _check_shapes(outputs, (*targets.shape, outputs.shape[-1]), batch)
        _check_classes(targets, outputs.shape[-1])

    def loss(self, outputs: Outputs, batch: Batch) -> Float[Tensor, ""]:
        """The mean over all tokens, an end among them."""
        targets = batch.targets[:, : outputs.shape[1]]
        counted = up_to_end(targets)
        return F.cross_entropy(outputs[counted], targets[counted])

    def right(self, outputs: Outputs, batch: Batch) -> Bool[Tensor, " batch"]:
        targets = batch.targets[:, : outputs.shape[1]]
        return ((outputs.argmax(dim=-1) == targets) | ~up_to_end(targets)).all(dim=1)

    def measure(self, outputs: Outputs, batch: Batch) -> dict[str, float]:
        return {"exact": float(self.right(outputs, batch).float().mean())}

    def summarize(self, outputs: Outputs, batch: Batch) -> Summary:
        """The summed loss, the tokens and the exact answers, and the number of sequences."""
        tokens = up_to_end(batch.targets[:, : outputs.shape[1]]).sum()
        loss = self.loss(outputs, batch).double() * tokens
        right = self.right(outputs, batch).sum()
        return torch.stack([loss.cpu(), tokens.cpu().double(), right.cpu().double()]), torch.tensor(len(batch))

    def evaluation(self, summaries: Sequence[Summary]) -> Evaluation:
        loss, tokens, right = torch.stack([sums for sums, _ in summaries]).sum(dim=0).tolist()
        return Evaluation({"exact": right / sum(int(count) for _, count in summaries), "loss": loss / tokens})


class Forecast(Objective):
    """Numbers of the future, scaled (`data.windows.Scale`).

    Targets `(batch, numbers)`, NaN where nothing is asked. Outputs have as many: then the loss is the squared error; or
    `QUANTILES` of each, side by side: then it is their mean pinball loss max(q e, (q − 1) e) with e = target − output
    (Koenker and Bassett 1978).
    """

    name = "forecast"
    metrics = (
        Metric("error", "mean absolute error", "scaled units", higher_is_better=False),
        Metric("loss", "loss", "scaled units", higher_is_better=False),
    )

    def check(self, outputs: Outputs, batch: Batch) -> None:
        count, numbers = batch.targets.numel(), outputs.numel()
        if len(outputs) != len(batch.targets) or numbers not in (count, count * len(QUANTILES)):
            raise InputError(
                f"The network answers {tuple(outputs.shape)} to targets {tuple(batch.targets.shape)}; it must give one "
                f"number for each, or {len(QUANTILES)} quantiles. Choose another horizon."
            )

    def loss(self, outputs: Outputs, batch: Batch) -> Float[Tensor, ""]:
        answers, asked = self._by_quantile(outputs, batch), batch.targets.isfinite()
        if answers.shape[-1] == 1:
            return F.mse_loss(answers[..., 0][asked], batch.targets[asked])
        return pinball(batch.targets[asked][..., None], answers[asked]).mean()

    def measure(self, outputs: Outputs, batch: Batch) -> dict[str, float]:
        return {"error": float(self._errors(outputs, batch).mean())}

    def summarize(self, outputs: Outputs, batch: Batch) -> Summary:
        """The summed loss and absolute error, and the number of targets."""
        errors = self._errors(outputs, batch)
        loss = self.loss(outputs, batch) * len(errors)
        return torch.stack([loss.double().cpu(), errors.sum().double().cpu()]), torch.tensor(len(errors))

    def evaluation(self, summaries: Sequence[Summary]) -> Evaluation:
        loss, error = torch.stack([sums for sums, _ in summaries]).sum(dim=0).tolist()
        count = sum(int(targets) for _, targets in summaries)
        return Evaluation({"error": error / count, "loss": loss / count})

    @staticmethod
    def _by_quantile(outputs: Outputs, batch: Batch) -> Tensor:
        return outputs.reshape(*batch.targets.shape, -1)

    def _errors(self, outputs: Outputs, batch: Batch) -> Float[Tensor, " asked"]:
        """The absolute errors of the medians, where something is asked."""
        answers = self._by_quantile(outputs, batch)
        errors = (answers[..., answers.shape[-1] // 2] - batch.targets).abs()
        return errors[batch.targets.isfinite()]


def pinball(
    targets: Float[Tensor, "*shape 1"], quantiles: Float[Tensor, "*shape levels"]
) -> Float[Tensor, "*shape levels"]:
    """max(q e, (q − 1) e) with e = target − quantile, for each q of `QUANTILES`."""
    errors, levels = targets - quantiles, quantiles.new_tensor(QUANTILES)
    return torch.maximum(levels * errors, (levels - 1) * errors)


def up_to_end(targets: Int[Tensor, "batch steps"]) -> Bool[Tensor, "batch steps"]:
    """Which tokens belong to a sequence, its end included; the ends behind that fill up."""
    ends = (targets == END).cumsum(dim=1)
    return (ends == 0) | ((ends == 1) & (targets == END))


OBJECTIVES: dict[ObjectiveName, Objective] = {
    objective.name: objective
    for objective in (
        CrossEntropy(),
        BinaryCrossEntropy(),
        SquaredError(),
        StepCrossEntropy(),
        SequenceCrossEntropy(),
        Forecast(),
    )
}


def _check_shapes(outputs: Tensor, expected: tuple[int, ...], batch: Batch) -> None:
    if tuple(outputs.shape) != expected:
        raise InputError(
            f"The network answers {tuple(outputs.shape)} to targets {tuple(batch.targets.shape)}; "
            f"for this objective it must answer {expected}. Choose another head or another objective."
        )


def _check_classes(targets: Tensor, classes: int) -> None:
    low, high = (value.item() for value in targets.aminmax())
    if targets.is_floating_point() or not 0 <= low <= high < classes:
        raise InputError(f"The targets go from {low:g} to {high:g}; they must be classes from 0 to {classes - 1}.")


def _joined(summaries: Sequence[Summary]) -> tuple[Tensor, Tensor]:
    """The outputs and the targets of all batches."""
    outputs, targets = zip(*summaries, strict=True)
    return torch.cat(outputs), torch.cat(targets)
