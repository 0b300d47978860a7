"""What the events of a run add up to: the one place where they are added up."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from seqviz.data.datasets import Dataset
from seqviz.data.labelled_texts import LabelledTexts
from seqviz.networks.evaluation import Evaluation
from seqviz.specs import LearnedSpec, TrainSpec
from seqviz.training.checkpoints import Checkpoint, Status
from seqviz.training.curves import Curve
from seqviz.training.events import EvalAdvanced, EvalCompleted, RunEnded, SnapshotTaken, StepCompleted, TrainEvent
from seqviz.training.loop import total_steps


class RunSummary:
    """A run so far: its curve, its last step, evaluation and snapshot, and how it ended.

    It is written by whoever takes the events of `train`, and may be read from other threads meanwhile.

    >>> from seqviz import ModelSpec, build_model, load_dataset, train
    >>> data, training = load_dataset("digits"), TrainSpec(epochs=1)
    >>> run = RunSummary(data, training)
    >>> for event in run.follow(train(build_model(ModelSpec.classifier("gru", 8)), data, training)):
    ...     pass
    >>> run.step == run.total, run.status, sorted(run.metrics)
    (True, 'finished', ['accuracy', 'loss'])
    """

    def __init__(self, data: Dataset, training: TrainSpec, resume: Checkpoint | None = None) -> None:
        """A run that has not begun, or one that goes on from a checkpoint."""
        self.total = total_steps(data, training)
        self._targets_per_step = 0  # of a whole batch: the last one of an epoch may be smaller
        self.step = resume.step if resume else 0
        self.curve = Curve(self.total, resume.curve, resume.step) if resume else Curve(self.total)
        self.metrics: Mapping[str, float] = resume.metrics if resume else {}
        self.scored_at = resume.scored_at if resume else 0
        self.last: StepCompleted | None = None
        self.evaluation: Evaluation | None = None
        self.evaluating: float | None = None  # share of the test split that has been scored
        self.snapshot: SnapshotTaken | None = resume.snapshot if resume else None
        self.status: Status = "running"
        self.reason = ""

    def add(self, event: TrainEvent) -> None:
        """Take in the next event."""
        match event:
            case StepCompleted():
                self.step, self.last = event.step, event
                self._targets_per_step = max(self._targets_per_step, event.targets)
                self.curve.add_step(event)
            case EvalAdvanced():
                self.evaluating = event.done / event.total
            case EvalCompleted():
                self.evaluation, self.evaluating = event.evaluation, None
                self.metrics, self.scored_at = event.evaluation.metrics, event.step
                self.curve.add_evaluation(event)
            case SnapshotTaken():
                self.snapshot = event
            case RunEnded():
                self.end(event.outcome, event.reason)

    def follow(self, events: Iterable[TrainEvent]) -> Iterator[TrainEvent]:
        """The same events, each taken in before it is passed on."""
        for event in events:
            self.add(event)
            yield event

    def end(self, status: Status, reason: str) -> None:
        """The run ends, for a reason of its own or of its caller's."""
        self.status, self.reason, self.evaluating = status, reason, None

    @property
    def seconds_left(self) -> float | None:
        """The expected time to the end, evaluations left out; None before the first step."""
        if self.last is None:
            return None
        return (self.total - self.step) * self._targets_per_step / self.last.examples_per_second

    def checkpoint(self, model: LearnedSpec, data: Dataset, training: TrainSpec, owner: str = "") -> Checkpoint | None:
        """The run as a file can hold it, with the weights of the last snapshot; None before the first one."""
        snapshot = self.snapshot  # once: another thread may be adding events
        if snapshot is None:
            return None
        return replace(
            Checkpoint(model, snapshot.weights, data.name, training, data.objective, owner=owner),
            step=snapshot.step,
            total=self.total,
            status=self.status,
            reason=self.reason,
            metrics=self.metrics,
            scored_at=self.scored_at,
            curve=self.curve.columns(),
            optimizer=snapshot.optimizer,
            settings=snapshot.settings,
            carried=snapshot.carried,
            classes=data.classes if isinstance(data, LabelledTexts) else (),
        )
