"""What happens while a network trains: one frozen dataclass an event."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor

from seqviz.networks import Evaluation

Outcome = Literal["finished", "stopped", "diverged"]


@dataclass(frozen=True)
class StepCompleted:
    """One update of the weights. `step` counts from 1; `loss` and `accuracy` in [0, 1] are the batch's.

    `gradient_norm` is the norm of the whole gradient before clipping; `examples_per_second` is a running mean that
    leaves out pauses and evaluations.
    """

    step: int
    loss: float
    accuracy: float
    gradient_norm: float
    learning_rate: float
    examples_per_second: float


@dataclass(frozen=True)
class EvalAdvanced:
    """`done` of `total` test examples have been scored; gives a caller the turn during long evaluations."""

    step: int
    done: int
    total: int


@dataclass(frozen=True)
class EvalCompleted:
    """The network after `step` steps, scored on the test split."""

    step: int
    evaluation: Evaluation


@dataclass(frozen=True)
class SnapshotTaken:
    """Copies of the weights after `step` steps, on the CPU, and of all that the optimizer needs to go on from there."""

    step: int
    weights: Mapping[str, Tensor]
    optimizer: Mapping[str, Tensor]
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class RunEnded:
    """The last event. `reason` is a sentence for the user."""

    step: int
    outcome: Outcome
    reason: str


TrainEvent = StepCompleted | EvalAdvanced | EvalCompleted | SnapshotTaken | RunEnded
