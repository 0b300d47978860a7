"""What happens while a network trains: one frozen dataclass an event."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from torch import Tensor

from seqviz.networks.evaluation import Evaluation

Outcome = Literal["finished", "stopped", "diverged"]


@dataclass(frozen=True)
class StepCompleted:
    """One update of the weights. `step` counts from 1; `loss` and `metrics` (`Objective.metrics`) are the batch's.

    `gradient_norm` is the norm of the whole gradient before clipping. `targets` counts what the batch asked for
    (sequences, or the characters of a text), `examples_per_second` the same by time, as a running mean that leaves out
    pauses and evaluations.
    """

    step: int
    loss: float
    metrics: Mapping[str, float]
    gradient_norm: float
    learning_rate: float
    targets: int
    examples_per_second: float


@dataclass(frozen=True)
class EvalAdvanced:
    """`done` of `total` test targets have been scored: a caller gets the turn in long evaluations."""

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

    `carried` is the hidden state that a text's streams hand on to the next step; shuffled sequences have none.
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
