"""Training in the background: one thread a job, which can be watched and steered from any other."""

import logging
import math
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from seqviz.data.datasets import Dataset
from seqviz.errors import CheckpointError, SeqVizError
from seqviz.jobs.slots import Slots
from seqviz.networks.build import build_model
from seqviz.networks.evaluation import Evaluation
from seqviz.networks.network import SequenceNetwork
from seqviz.specs import ModelSpec, ObjectiveName, TrainSpec
from seqviz.training.checkpoints import Checkpoint, Status, save_checkpoint
from seqviz.training.devices import training_threads
from seqviz.training.events import RunEnded, SnapshotTaken, StepCompleted, TrainEvent
from seqviz.training.loop import copy_weights, train
from seqviz.training.snapshots import SnapshotRecorder, snapshot_steps
from seqviz.training.summary import RunSummary

JobState = Literal["queued", "running", "paused", "finished", "stopped", "diverged", "failed", "interrupted"]
Command = Literal["pause", "resume", "step", "stop"]
EVALUATIONS_KEPT = 24  # in a text's snapshots, at most
ENDED: tuple[JobState, ...] = ("finished", "stopped", "diverged", "failed", "interrupted")


def new_run(spec: ModelSpec) -> str:
    """A name for a run: when it began, what it trains, and four random digits.

    >>> new_run(ModelSpec.classifier("gru"))[15:-5]
    '-gru-last'
    """
    kind = "text" if spec.head.kind == "each_step" else spec.head.kind
    return f"{datetime.now():%Y%m%d-%H%M%S}-{spec.encoder.cell}-{kind}-{secrets.token_hex(2)}"


@dataclass(frozen=True)
class JobRequest:
    """What to train, for whom (`owner` is any text that tells people apart); `resume` is what to go on from."""

    model: ModelSpec
    training: TrainSpec
    data: Dataset
    owner: str
    run: str = ""
    resume: Checkpoint | None = None


@dataclass(frozen=True)
class JobView:
    """A job as it was at one moment, for pages to draw."""

    run: str
    state: JobState
    model: ModelSpec
    training: TrainSpec
    dataset: str
    objective: ObjectiveName
    owner: str
    step: int
    total: int
    curve: Mapping[str, list[float]]
    last: StepCompleted | None = None
    evaluation: Evaluation | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)  # of the last evaluation
    scored_at: int = 0  # the step of the last evaluation
    snapshot: SnapshotTaken | None = None
    message: str = ""
    position: int = 0  # jobs that wait before this one
    seconds_left: float | None = None
    evaluating: float | None = None  # share of the test set scored so far

    @property
    def ended(self) -> bool:
        return self.state in ENDED


class Job:
    """One training run in a thread of its own. Steered and watched from any other thread."""

    def __init__(self, request: JobRequest, folder: Path, slots: Slots, unwatched_after: float) -> None:
        self.request, self.run = request, request.run or new_run(request.model)
        self.state: JobState = "queued"
        self.watched = time.monotonic()
        self._folder, self._slots, self._unwatched_after = folder, slots, unwatched_after
        self._summary = RunSummary(request.data, request.training, request.resume)
        self._shown: SnapshotTaken | None = None  # the weights of a pause, for watchers only
        self._message = ""
        self._changed = threading.Condition()
        self._paused = self._single = self._stop = False
        self._thread = threading.Thread(target=self._work, name=f"job {self.run}", daemon=True)

    def start(self) -> None:
        self._slots.queue(self)
        self._thread.start()

    def join(self, timeout: float) -> None:
        self._thread.join(timeout)

    def steer(self, command: Command) -> None:
        """Pause, resume, take a single step, or stop; a command that does not fit the state changes nothing."""
        with self._changed:
            self.watched = time.monotonic()
            self._stop = self._stop or command == "stop"
            if self.state in ("queued", "running", "paused"):
                self._paused = command == "pause"
                self._single = command == "step"
                self._message = ""
            if self.state == "paused" and command != "pause":
                self.state = "queued"  # at once, for watchers: its thread wakes a moment later
            self._changed.notify_all()
        self._slots.wake()

    def view(self) -> JobView:
        """What a watcher sees now; watching keeps the job from pausing by itself."""
        self.watched = time.monotonic()
        run = self._summary
        return JobView(
            self.run,
            self.state,
            self.request.model,
            self.request.training,
            self.request.data.name,
            self.request.data.objective,
            self.request.owner,
            run.step,
            run.total,
            run.curve.columns(),
            run.last,
            run.evaluation,
            run.metrics,
            run.scored_at,
            self._newest(),
            self._message,
            position=self._slots.position(self),
            seconds_left=run.seconds_left,
            evaluating=run.evaluating,
        )

    def _work(self) -> None:
        try:
            if not self._slots.take(self, give_up=lambda: self._stop):
                self._end("stopped", "Stopped before it began.")
                return
            self.state = "running"
            with training_threads(self._slots.count):
                self._train()
        except SeqVizError as error:
            self._end("failed", str(error))
        except Exception:
            logging.getLogger(__name__).exception("job %s failed", self.run)
            self._end("failed", "The run broke off for a reason that SeqViz did not foresee; the server's log has it.")
        finally:
            self._slots.give(self)

    def _train(self) -> None:
        request = self.request
        model = build_model(request.model, request.training.seed)
        resume = request.resume.snapshot if request.resume else None
        events = train(model, request.data, request.training, resume=resume, stop=lambda: self._stop)
        path = self._folder / "snapshots" / f"{self.run}.safetensors"
        recorder = SnapshotRecorder(request.model, self._recorded_steps(), path)
        for event in events:
            self._summary.add(event)
            recorder.record(self._summary.step, model)
            if isinstance(event, RunEnded):
                self._end(event.outcome, event.reason)
            else:
                if self._summary.save_due:
                    self._save()
                self._hold(event, model)

    def _recorded_steps(self) -> set[int]:
        """The steps of the snapshots: close together at first; of a text every evaluation, too, unless there are many.

        What a text's network writes at an evaluation is worth reading.
        """
        data, training, total = self.request.data, self.request.training, self._summary.total
        kept = set(snapshot_steps(total))
        if data.objective == "step_cross_entropy":
            every = training.eval_every or data.steps_per_epoch(training)
            stride = every * math.ceil(total / every / EVALUATIONS_KEPT)
            kept |= set(range(stride, total + 1, stride))
        return kept

    def _newest(self) -> SnapshotTaken | None:
        snapshot = self._summary.snapshot
        if self._shown and snapshot and self._shown.step > snapshot.step:
            return self._shown
        return snapshot

    def _hold(self, event: TrainEvent, model: SequenceNetwork) -> None:
        """Wait here while paused, with the slot given to the next in the queue."""
        unwatched = time.monotonic() - self.watched > self._unwatched_after
        with self._changed:
            if unwatched and not self._paused:
                self._paused = True
                self._message = f"Paused: nobody has watched for {self._unwatched_after / 60:.0f} minutes."
            if self._single and isinstance(event, StepCompleted):
                self._paused, self._single = True, False
            if not self._paused or self._stop:
                return
            self._shown = SnapshotTaken(self._summary.step, copy_weights(model), {}, {})
            self.state = "paused"
            self._slots.give(self)
            self._changed.wait_for(lambda: not self._paused or self._stop)
            self.state = "queued"
            self._slots.queue(self)
        self._slots.take(self, give_up=lambda: self._stop)
        self.state = "running"

    def _end(self, outcome: Status, message: str) -> None:
        self._message = message
        self._summary.end(outcome, message)
        try:
            self._save()
        finally:
            self.state = outcome

    def _save(self) -> None:
        request = self.request
        checkpoint = self._summary.checkpoint(request.model, request.data, request.training, request.owner)
        if checkpoint is None:
            return
        try:
            save_checkpoint(checkpoint, self._folder / f"{self.run}.safetensors")
        except CheckpointError as error:
            self._message = f"{error} SEQVIZ_RUNS names the folder; training itself goes on."
