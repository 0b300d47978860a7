"""The one queue of a server: every training job and every other long task, and how many of them compute at a time."""

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from seqviz.errors import JobError, NotYourJob, QueueFull
from seqviz.jobs.jobs import Command, Job, JobRequest
from seqviz.jobs.limits import check_run, check_together
from seqviz.jobs.settings import Limits
from seqviz.jobs.slots import Slots
from seqviz.jobs.tasks import Task, Work
from seqviz.training.estimate import Cost
from seqviz.workers.computation import CallingThread, Workers
from seqviz.workers.memory import WAITING_WORKER

REMEMBERED = 60  # tasks whose findings are kept, and runs that have ended
NOTHING = Cost(0.0, 0.0)


@dataclass
class JobQueue:
    """Every job of the server: as many as `workers` have places compute at a time, `limits.each` of an owner are alive.

    Alive is a run that is under way, waits or is paused, and one whose result could not be written yet.
    """

    folder: Path
    limits: Limits = field(default_factory=lambda: Limits.of_server(shared=False))
    most: int = 200  # alive, of all owners together
    unwatched_after: float = 600.0  # seconds
    workers: Workers = field(default_factory=CallingThread)
    _jobs: dict[str, Job] = field(default_factory=dict)
    _tasks: dict[str, Task] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._slots = Slots(lambda: self.workers.places, self.limits.memory, self.limits.turn)
        self.workers.when_places_change(self._slots.wake)

    def submit(self, request: JobRequest) -> Job:
        """Queue a job and start it as soon as its turn comes.

        Raises:
            TooLarge: it needs more than a run may.
            QueueFull: its owner has as many as one may, or too many are alive.
            JobError: the run that should be resumed is alive already.
        """
        cost = check_run(self.limits, request.model, request.training, request.data)
        with self._lock:
            same = self._jobs.get(request.run)
            if same is not None and same.alive:
                raise JobError(f"The run {request.run} is {same.state} already; open it to watch it.")
            self._make_room(request.owner)
            job = Job(request, self.folder, self._slots, self.workers, self.unwatched_after, cost.memory)
            self._jobs[job.run] = job
            job.start()
        return job

    def get(self, run: str) -> Job | None:
        return self._jobs.get(run)

    def alive(self) -> list[Job]:
        """Those that have not ended, or whose result is nowhere else."""
        return [job for job in list(self._jobs.values()) if job.alive]

    def forget(self, run: str) -> None:
        """A run that is deleted: its job is no answer any more.

        Raises:
            JobError: it is still under way.
        """
        with self._lock:
            job = self._jobs.get(run)
            if job is not None and not job.ended:
                raise JobError(f"The run {run} is {job.state}; stop it before you delete it.")
            self._jobs.pop(run, None)

    def steer(self, run: str, owner: str, command: Command) -> None:
        """Pass a command on.

        Raises:
            JobError: there is no such job.
            NotYourJob: another visitor started it.
        """
        self._own(run, owner).steer(command)

    def save_again(self, run: str, owner: str) -> None:
        """Another attempt to write a result that could not be written.

        Raises:
            JobError: there is no such job.
            NotYourJob: another visitor started it.
        """
        self._own(run, owner).save_again()

    def begin(
        self, key: str, owner: str, work: Work, *, title: str = "", cost: Cost = NOTHING, instead: str = ""
    ) -> Task:
        """Queue any other long work under a key; where the same work is alive already, that is what is given.

        What the owner has under way whose key begins with `instead` is stopped, to make room.

        Raises:
            TooLarge: it needs more than a run may.
            QueueFull: its owner has as many as one may, or too many are alive.
        """
        check_together(self.limits, cost)
        with self._lock:
            task = self._tasks.get(key)
            if task and not task.ended:
                return task
            for other, old in self.tasks_of(owner).items():
                if instead and other.startswith(instead):
                    old.stop()
                    self._tasks.pop(other)
            self._make_room(owner)
            for name in [name for name, other in self._tasks.items() if other.ended][:-REMEMBERED]:
                del self._tasks[name]
            self._tasks.pop(key, None)  # it is the newest now
            memory = cost.memory + WAITING_WORKER  # what is held between two turns keeps its process
            task = Task(owner, work, self._slots, self.workers, self.unwatched_after, title=title, memory=memory)
            self._tasks[key] = task
            task.start()
        return task

    def task(self, key: str) -> Task | None:
        return self._tasks.get(key)

    def tasks_of(self, owner: str) -> dict[str, Task]:
        """What this owner has under way, by key."""
        return {key: task for key, task in list(self._tasks.items()) if task.owner == owner and not task.ended}

    def in_use(self) -> set[str]:
        """The runs that are alive, and the data that they learn from: what may not be deleted now."""
        return {name for job in self.alive() for name in (job.run, job.request.data.name)}

    def save_unsaved(self) -> None:
        """Another attempt to write every result that could not be written."""
        for job in self.alive():
            job.save_again()

    def shutdown(self, timeout: float = 10.0) -> None:
        """Stop every job, with a checkpoint, and every task, and wait until all threads have ended."""
        self.save_unsaved()
        jobs = [job for job in self.alive() if not job.ended]
        tasks = [task for task in list(self._tasks.values()) if not task.ended]
        for job in jobs:
            job.steer("stop")
        for task in tasks:
            task.stop()
        for job in jobs:
            job.join(timeout)
        for task in tasks:
            task.join(timeout)

    def under_way(self, owner: str) -> list[str]:
        """What this owner has alive, as it is called on the screen."""
        jobs = [f"{job.run} ({'not saved' if job.ended else job.state})" for job in self.alive() if job.owner == owner]
        return jobs + [f"{task.title or key} ({task.state})" for key, task in self.tasks_of(owner).items()]

    def _own(self, run: str, owner: str) -> Job:
        job = self.get(run)
        if job is None:
            raise JobError(f"There is no run {run} on this server any more; start a new one.")
        if job.owner != owner:
            raise NotYourJob("Another visitor started this run: you can watch it, or start your own.")
        return job

    def _make_room(self, owner: str) -> None:
        """Forget jobs that ended (the disk has them), and where that is not enough let an abandoned one go.

        Abandoned is the paused job that nobody has watched for longest.
        """
        ended = [run for run, job in self._jobs.items() if not job.alive]
        for run in ended[: max(0, len(ended) - REMEMBERED)]:
            del self._jobs[run]
        if len(mine := self.under_way(owner)) >= self.limits.each:
            runs = "one run" if len(mine) == 1 else f"{len(mine)} runs"
            raise QueueFull(
                f"You have {runs} under way, which is as many as one visitor may have: {'; '.join(mine)}. "
                "Let one of them end, or stop it; one that is not saved can be saved again where it is shown."
            )
        alive = self.alive()
        busy = len(alive) + sum(not task.ended for task in self._tasks.values())
        if busy < self.most:
            return
        long_ago = time.monotonic() - self.unwatched_after
        abandoned = [job for job in alive if job.state == "paused" and job.watched < long_ago]
        if not abandoned:
            raise QueueFull(f"{busy} runs are under way or waiting, which is all this server takes. Try again soon.")
        min(abandoned, key=lambda job: job.watched).steer("stop")
