"""Training in the background: one thread a job, which can be watched and steered from any other.

A job computes in turns, each in a worker: the thread here takes in the events and writes the files. Between two turns,
and while it is paused, its checkpoint on disk is all that is left of it.
"""

import logging
import math
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from seqviz.data.datasets import Dataset
from seqviz.errors import CheckpointError, OutOfMemory, SeqVizError, WorkerLost
from seqviz.jobs.kinds import RunKind, run_kind
from seqviz.jobs.orders import TrainingOrder, WeightsKept, carry_out
from seqviz.jobs.slots import Slots
from seqviz.networks.evaluation import Evaluation
from seqviz.specs import EncoderDecoderSpec, LearnedSpec, ModelSpec, ObjectiveName, TrainSpec
from seqviz.training.autosave import Autosave
from seqviz.training.checkpoints import Checkpoint, Status, load_resumable
from seqviz.training.events import RunEnded, SnapshotTaken, StepCompleted
from seqviz.training.snapshots import SnapshotRecorder, snapshot_steps
from seqviz.training.summary import RunSummary
from seqviz.workers.computation import RETRIES, Computation, Workers

JobState = Literal["queued", "running", "paused", "finished", "stopped", "diverged", "failed", "interrupted"]
Command = Literal["pause", "resume", "step", "stop"]
EVALUATIONS_KEPT = 24  # in a text's snapshots, at most
NOT_BEGUN = "Stopped before it began."
ENDED: tuple[JobState, ...] = ("finished", "stopped", "diverged", "failed", "interrupted")


def new_run(spec: LearnedSpec) -> str:
    """A name for a run: when it began, what it trains, and four random digits.

    >>> new_run(ModelSpec.classifier("gru"))[15:-5]
    '-gru-last'
    """
    if isinstance(spec, EncoderDecoderSpec):
        kind = "pairs" if spec.encoder else "captions"
    elif spec.forecasts:
        kind = "forecast"
    elif spec.head.kind == "each_step":
        kind = "text" if spec.writes else "tags"
    else:
        kind = "words" if spec.words else spec.head.kind
    return f"{datetime.now():%Y%m%d-%H%M%S}-{spec.cell}-{kind}-{secrets.token_hex(2)}"


@dataclass(frozen=True)
class JobRequest:
    """What to train, for whom (`owner` is any text that tells people apart); `resume` is what to go on from."""

    model: LearnedSpec
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
    model: LearnedSpec
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
    unsaved: str = ""  # why the last checkpoint could not be written, if so
    position: int = 0  # jobs that wait before this one
    wait: float = 0.0  # seconds until its turn, as far as one can tell
    seconds_left: float | None = None
    evaluating: float | None = None  # share of the test set scored so far

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def one_sequence(self) -> ModelSpec:
        """The network, of a run that reads one sequence: digits, characters or words."""
        assert isinstance(self.model, ModelSpec), self.run
        return self.model

    @property
    def kind(self) -> RunKind:
        return run_kind(self.model, self.objective)


class Job:
    """One training run. Steered and watched from any thread; a worker computes it when it has a place."""

    def __init__(
        self,
        request: JobRequest,
        folder: Path,
        slots: Slots,
        workers: Workers,
        unwatched_after: float,
        memory: float = 0.0,
    ) -> None:
        self.run = request.run or new_run(request.model)
        self.owner, self.memory = request.owner, memory
        self.state: JobState = "queued"
        self.watched = time.monotonic()
        self.unsaved = ""
        self._folder, self._slots, self._unwatched_after = folder, slots, unwatched_after
        self._workers = workers
        self._computation: Computation | None = None
        self._lost = 0  # processes that ended while they computed it
        self._path = folder / f"{self.run}.safetensors"
        self._autosave = Autosave(self._path)
        self._summary = RunSummary(request.data, request.training, request.resume)
        self.request = replace(request, resume=None)  # the summary has it
        self._on_disk = False  # whether what the run goes on from is there and not here
        self._message = ""
        self._changed = threading.Condition()
        self._paused = self._single = self._stop = False
        self._thread = threading.Thread(target=self._work, name=f"job {self.run}", daemon=True)

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def alive(self) -> bool:
        """Whether it needs the server: it has not ended, or what it has reached is nowhere else."""
        return not self.ended or bool(self.unsaved)

    @property
    def seconds_left(self) -> float | None:
        return self._summary.seconds_left

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
            if not self.ended:
                self._paused = command == "pause"
                self._single = command == "step"
                self._message = ""
            if self.state == "paused" and command != "pause":
                self.state = "queued"  # at once, for watchers: its thread wakes a moment later
            self._changed.notify_all()
        if computation := self._computation:
            if command == "stop":
                computation.stop()
            elif command == "pause":
                computation.tell("stop")
        self._slots.wake()

    def save_again(self) -> None:
        """Another attempt to write the result of a run that has ended."""
        if self.ended and self.unsaved:
            self._save()
            self._leave_memory()

    def checkpoint(self) -> Checkpoint | None:
        """The run as a file would hold it, where it lies in memory; None where the disk has it."""
        request = self.request
        return self._summary.checkpoint(request.model, request.data, request.training, request.owner)

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
            run.snapshot,
            self._message,
            self.unsaved,
            position=self._slots.position(self),
            wait=self._slots.wait(self),
            seconds_left=run.seconds_left,
            evaluating=run.evaluating,
        )

    def _work(self) -> None:
        try:
            while not self.ended:
                if self._stop:
                    run = self._summary
                    began = run.step > 0
                    self._end("stopped", f"Stopped after step {run.step} of {run.total}." if began else NOT_BEGUN)
                elif self._paused:
                    self._rest()
                elif self._slots.take(self, give_up=lambda: self._stop or self._paused):
                    self._compute()
        except SeqVizError as error:
            self._end("failed", str(error))
        except Exception:
            logging.getLogger(__name__).exception("job %s failed", self.run)
            self._end("failed", "The run broke off for a reason that SeqViz did not foresee; the server's log has it.")

    def _rest(self) -> None:
        with self._changed:
            self.state = "paused"
            self._changed.wait_for(lambda: not self._paused or self._stop)
            self.state = "queued"

    def _compute(self) -> None:
        """One turn: until the run ends, is paused or has had its time."""
        try:
            self.state = "running"
            self._train()
        except OutOfMemory as error:
            self._go_back()
            self._end("failed", str(error))
        except WorkerLost as error:
            reached = self._summary.step
            self._go_back()
            self._lost += 1
            if self._stop:
                lost = reached - self._summary.step
                what = f" It was in the middle of a long one, so the last {lost} are lost." if lost else ""
                self._end("stopped", f"Stopped after step {reached}.{what}")
            elif self._lost > RETRIES:
                self._end("failed", f"{error} It was tried {self._lost} times.")
            else:
                self.state = "queued"
        finally:
            if (computation := self._computation) and not computation.done():
                computation.end()
            self._computation = None
            self._slots.give(self, in_memory=bool(self.unsaved) and not self.ended)

    def _train(self) -> None:
        request, run = self.request, self._summary
        run.snapshot, self._on_disk = self._recall(), False
        path = self._folder / "snapshots" / f"{self.run}.safetensors"
        recorder = SnapshotRecorder(request.model, self._recorded_steps(), path)
        steps = 1 if self._single else None
        order = TrainingOrder(request.model, request.data, request.training, run.snapshot, steps, recorder.missing)
        computation = self._computation = self._workers.submit(carry_out, order)
        if self._stop:  # said while it was on its way
            computation.stop()
        elif self._paused:
            computation.tell("stop")
        first, told, asked = run.step, False, False
        ended: RunEnded | None = None
        for event in computation.items():
            if isinstance(event, RunEnded):
                ended = event
                continue
            if isinstance(event, WeightsKept):
                recorder.keep(event.step, event.weights)
                continue
            run.add(event)
            if self._autosave.wants(event):
                self._save()
                asked = False
            elif not asked and self._autosave.due():
                computation.tell("snapshot")
                asked = True
            if self._single and isinstance(event, StepCompleted):
                self._paused, self._single = True, False
            if not told and self._interrupted(first):
                computation.tell("stop")
                told = True
        if ended and (ended.outcome != "stopped" or self._stop):
            self._end(ended.outcome, ended.reason)
            return
        run.evaluating = None  # a pause, or the end of a turn
        self._save()
        self._leave_memory()
        self.state = "paused" if self._paused else "queued"

    def _go_back(self) -> None:
        """What came after the last snapshot is lost with the process that computed it."""
        request = self.request
        self._summary = RunSummary(request.data, request.training, self.checkpoint())

    def _interrupted(self, first: int) -> bool:
        """Whether the turn that began after step `first` is over.

        It makes one step at least, and an evaluation is not broken off for others, or it might never come to its end.
        """
        if time.monotonic() - self.watched > self._unwatched_after and not self._paused:
            self._paused = True
            self._message = f"Paused: nobody has watched for {self._unwatched_after / 60:.0f} minutes."
        if self._stop or self._paused:
            return True
        run = self._summary
        return run.step > first and run.evaluating is None and self._slots.turn_over(self)

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

    def _end(self, outcome: Status, message: str) -> None:
        said = message
        try:
            self._summary.snapshot = self._recall()
        except CheckpointError as error:
            said = message if str(error) in message else f"{message} {error}"
        self._summary.end(outcome, message)
        try:
            self._save()
            self._leave_memory()
        finally:
            with self._changed:  # together: a command that comes while the result is written takes back what was said
                self._message, self.state = said, outcome

    def _recall(self) -> SnapshotTaken | None:
        """What the run goes on from: from memory, or from its file."""
        return load_resumable(self._path).snapshot if self._on_disk else self._summary.snapshot

    def _leave_memory(self) -> None:
        """Give up what the disk has, unless the last attempt to write it failed."""
        self._on_disk = not self.unsaved and (self._on_disk or self._summary.snapshot is not None)
        if self._on_disk:
            self._summary.snapshot = None

    def _save(self) -> None:
        checkpoint = self.checkpoint()
        if checkpoint is None:
            return
        try:
            self._autosave.save(checkpoint)
            self.unsaved = ""
        except CheckpointError as error:
            self.unsaved = str(error)
