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

from seqviz.data.text import TextData
from seqviz.errors import CheckpointError, SeqVizError
from seqviz.jobs.slots import Slots
from seqviz.networks.build import AnyModel, build_any
from seqviz.networks.evaluation import Evaluation
from seqviz.specs import LanguageModelSpec, ModelSpec, TrainSpec
from seqviz.training.checkpoints import Checkpoint, Status, save_checkpoint
from seqviz.training.curves import Curve
from seqviz.training.devices import training_threads
from seqviz.training.events import EvalCompleted, RunEnded, SnapshotTaken, StepCompleted, TrainEvent
from seqviz.training.lessons import AnyData, examples_a_step, steps_an_epoch, total_steps
from seqviz.training.loop import train
from seqviz.training.snapshots import Film, snapshot_steps

JobState = Literal["queued", "running", "paused", "finished", "stopped", "diverged", "failed", "interrupted"]
Command = Literal["pause", "resume", "step", "stop"]
EVALUATIONS_KEPT = 24  # in a text's film, at most
ENDED: tuple[JobState, ...] = ("finished", "stopped", "diverged", "failed", "interrupted")


def new_run(spec: ModelSpec | LanguageModelSpec) -> str:
    """A name for a run: when it began, what it trains, and four random digits.

    >>> new_run(ModelSpec(cell="gru"))[15:-5]
    '-gru-last'
    """
    kind = spec.head if isinstance(spec, ModelSpec) else "text"
    return f"{datetime.now():%Y%m%d-%H%M%S}-{spec.cell}-{kind}-{secrets.token_hex(2)}"


@dataclass(frozen=True)
class JobRequest:
    """What to train, for whom (`owner` is any text that tells people apart); `resume` is what to go on from."""

    model: ModelSpec | LanguageModelSpec
    training: TrainSpec
    data: AnyData
    owner: str
    run: str = ""
    resume: Checkpoint | None = None


@dataclass(frozen=True)
class JobView:
    """A job as it was at one moment, for pages to draw."""

    run: str
    state: JobState
    model: ModelSpec | LanguageModelSpec
    training: TrainSpec
    dataset: str
    owner: str
    step: int
    total: int
    curve: Mapping[str, list[float]]
    last: StepCompleted | None = None
    evaluation: Evaluation | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)  # of the last evaluation
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
        self._total = total_steps(request.data, request.training)
        self._curve = Curve(self._total, request.resume.curve if request.resume else None)
        self._step = request.resume.step if request.resume else 0
        self._last: StepCompleted | None = None
        self._evaluation: Evaluation | None = None
        self._metrics = dict(request.resume.metrics) if request.resume else {}
        self._snapshot: SnapshotTaken | None = None
        self._evaluating: float | None = None
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
        speed = self._last.examples_per_second if self._last else 0.0
        left = self._total - self._step
        return JobView(
            self.run,
            self.state,
            self.request.model,
            self.request.training,
            self.request.data.name,
            self.request.owner,
            self._step,
            self._total,
            self._curve.thinned(),
            self._last,
            self._evaluation,
            self._metrics,
            self._newest(),
            self._message,
            position=self._slots.position(self),
            seconds_left=left * examples_a_step(self.request.data, self.request.training) / speed if speed else None,
            evaluating=self._evaluating,
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
        model = build_any(request.model, request.training.seed)
        resume = request.resume.snapshot if request.resume else None
        events = train(model, request.data, request.training, resume=resume, stop=lambda: self._stop)
        film = Film(request.model, self._kept_steps(), self._folder / "snapshots" / f"{self.run}.safetensors")
        for event in events:
            self._record(event)
            film.look(self._step, model)
            if not isinstance(event, RunEnded):
                self._hold(event, model)

    def _kept_steps(self) -> set[int]:
        """The steps of the film; a text's has every evaluation, too, unless there are very many."""
        kept = set(snapshot_steps(self._total))
        if isinstance(self.request.data, TextData):
            training = self.request.training
            every = training.eval_every or steps_an_epoch(self.request.data, training)
            stride = every * math.ceil(self._total / every / EVALUATIONS_KEPT)
            kept |= set(range(stride, self._total + 1, stride))
        return kept

    def _record(self, event: TrainEvent) -> None:
        match event:
            case StepCompleted():
                self._curve.add_step(event)
                self._step, self._last = event.step, event
            case EvalCompleted():
                self._curve.add_evaluation(event)
                self._evaluation, self._evaluating = event.evaluation, None
                scores = {"accuracy": event.evaluation.accuracy, "loss": event.evaluation.loss}
                self._metrics = scores | {"step": float(event.step)}
            case SnapshotTaken():
                first, self._snapshot = self._snapshot is None, event
                if first or event.settings["evaluated"]:
                    self._save("running")
            case RunEnded():
                self._end(event.outcome, event.reason)
            case _:
                self._evaluating = event.done / event.total

    def _newest(self) -> SnapshotTaken | None:
        if self._shown and self._snapshot and self._shown.step > self._snapshot.step:
            return self._shown
        return self._snapshot

    def _hold(self, event: TrainEvent, model: AnyModel) -> None:
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
            weights = {name: tensor.detach().to("cpu", copy=True) for name, tensor in model.state_dict().items()}
            self._shown = SnapshotTaken(self._step, weights, {}, {})
            self.state = "paused"
            self._slots.give(self)
            self._changed.wait_for(lambda: not self._paused or self._stop)
            self.state = "queued"
            self._slots.queue(self)
        self._slots.take(self, give_up=lambda: self._stop)
        self.state = "running"

    def _end(self, outcome: Status, message: str) -> None:
        self._message = message
        self._evaluating = None
        try:
            if self._snapshot:
                self._save(outcome, message)
        finally:
            self.state = outcome

    def _save(self, status: Status, reason: str = "") -> None:
        assert self._snapshot is not None
        request = self.request
        checkpoint = Checkpoint(
            request.model,
            self._snapshot.weights,
            request.data.name,
            request.training,
            step=self._snapshot.step,
            total=self._total,
            status=status,
            reason=reason,
            owner=request.owner,
            metrics=self._metrics,
            curve=self._curve.thinned(),
            optimizer=self._snapshot.optimizer,
            settings=self._snapshot.settings,
            carried=self._snapshot.carried,
        )
        try:
            save_checkpoint(checkpoint, self._folder / f"{self.run}.safetensors")
        except CheckpointError as error:
            self._message = str(error)
