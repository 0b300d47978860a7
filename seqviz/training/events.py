"""What happens while a network trains: one frozen dataclass an event."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from torch import Tensor

from seqviz.networks.evaluation import Evaluation

Outcome = Literal["finished", "stopped", "diverged"]


@dataclass(frozen=True)
class StepCompleted:
    """One update of the weights. `step` counts from 1; `loss` and `accuracy` in [0, 1] are the batch's.

    `gradient_norm` is the norm of the whole gradient before clipping; `examples_per_second` is a running mean that
    leaves out pauses and evaluations. With a text an example is a character that is to be predicted.
    """

    step: int
    loss: float
    accuracy: float
    gradient_norm: float
    learning_rate: float
    examples_per_second: float


@dataclass(frozen=True)
class EvalAdvanced:
    """`done` of `total` test examples or characters have been scored: a caller gets the turn in long evaluations."""

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
    """Copies of the weights after `step` steps, on the CPU, and of all that the run needs to go on from there.

    `carried` is the memory that a text's streams hand on to the next step; shuffled sequences have none.
    """

    step: int
    weights: Mapping[str, Tensor]
    optimizer: Mapping[str, Tensor]
    settings: Mapping[str, Any]
    carried: Mapping[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class RunEnded:
    """The last event. `reason` is a sentence for the user."""

    step: int
    outcome: Outcome
    reason: str


TrainEvent = StepCompleted | EvalAdvanced | EvalCompleted | SnapshotTaken | RunEnded
