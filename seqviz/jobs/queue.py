"""The one queue of a server: every training job and every other long task, and how many of them compute at a time."""

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from seqviz.errors import JobError, NotYourJob, QueueFull
from seqviz.jobs.jobs import ENDED, Command, Job, JobRequest
from seqviz.jobs.slots import Slots
from seqviz.jobs.tasks import Task, Work

REMEMBERED = 60  # tasks whose findings are kept


@dataclass
class JobQueue:
    """Every job of the server. At most `running` compute at a time, at most `waiting` more are kept alive."""

    folder: Path
    running: int = 1
    waiting: int = 8
    unwatched_after: float = 600.0  # seconds
    _jobs: dict[str, Job] = field(default_factory=dict)
    _tasks: dict[str, Task] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._slots = Slots(self.running)

    def submit(self, request: JobRequest) -> Job:
        """Queue a job and start it as soon as its turn comes.

        Raises:
            QueueFull: too many jobs are alive.
            JobError: the run that should be resumed is alive already.
        """
        with self._lock:
            self._make_room()
            if request.run in self._jobs and self._jobs[request.run].state not in ENDED:
                raise JobError(
                    f"The run {request.run} is {self._jobs[request.run].state} already; open it to watch it."
                )
            job = Job(request, self.folder, self._slots, self.unwatched_after)
            self._jobs[job.run] = job
            job.start()
        return job

    def get(self, run: str) -> Job | None:
        return self._jobs.get(run)

    def alive(self) -> list[Job]:
        return [job for job in list(self._jobs.values()) if job.state not in ENDED]

    def forget(self, run: str) -> None:
        """A run that is deleted: its job is no answer any more.

        Raises:
            JobError: it is still under way.
        """
        with self._lock:
            job = self._jobs.get(run)
            if job is not None and job.state not in ENDED:
                raise JobError(f"The run {run} is {job.state}; stop it before you delete it.")
            self._jobs.pop(run, None)

    def steer(self, run: str, owner: str, command: Command) -> None:
        """Pass a command on.

        Raises:
            JobError: there is no such job.
            NotYourJob: another session started it.
        """
        job = self.get(run)
        if job is None:
            raise JobError(f"There is no run {run} on this server any more; start a new one.")
        if job.request.owner != owner:
            raise NotYourJob("Another session started this run: you can watch it, or start your own.")
        job.steer(command)

    def begin(self, key: str, owner: str, work: Work) -> Task:
        """Queue any other long work under a key; where the same work is alive already, that is what is given.

        Raises:
            QueueFull: too many runs and tasks are alive.
        """
        with self._lock:
            task = self._tasks.get(key)
            if task and not task.ended:
                return task
            self._make_room()
            for name in [name for name, other in self._tasks.items() if other.ended][:-REMEMBERED]:
                del self._tasks[name]
            self._tasks.pop(key, None)  # it is the newest now
            task = self._tasks[key] = Task(owner, work, self._slots, self.unwatched_after)
            task.start()
        return task

    def task(self, key: str) -> Task | None:
        return self._tasks.get(key)

    def tasks_of(self, owner: str) -> dict[str, Task]:
        """What this owner has under way, by key."""
        return {key: task for key, task in list(self._tasks.items()) if task.owner == owner and not task.ended}

    def shutdown(self, timeout: float = 10.0) -> None:
        """Stop every job, with a checkpoint, and every task, and wait until all threads have ended."""
        jobs, tasks = self.alive(), [task for task in list(self._tasks.values()) if not task.ended]
        for job in jobs:
            job.steer("stop")
        for task in tasks:
            task.stop()
        for job in jobs:
            job.join(timeout)
        for task in tasks:
            task.join(timeout)

    def _make_room(self) -> None:
        """Forget jobs that ended (the disk has them), and where that is not enough let an abandoned one go.

        Abandoned is the paused job that nobody has watched for longest.
        """
        ended = [run for run, job in self._jobs.items() if job.state in ENDED]
        for run in ended[: max(0, len(ended) - self.waiting)]:
            del self._jobs[run]
        alive = self.alive()
        busy = len(alive) + sum(not task.ended for task in self._tasks.values())
        if busy < self.running + self.waiting:
            return
        long_ago = time.monotonic() - self.unwatched_after
        abandoned = [job for job in alive if job.state == "paused" and job.watched < long_ago]
        if not abandoned:
            raise QueueFull(f"{busy} runs are under way or waiting, which is all this server takes. Try again soon.")
        min(abandoned, key=lambda job: job.watched).steer("stop")
