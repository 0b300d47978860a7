"""Runs as pages see them: alive in the queue, or on disk from before."""

from pathlib import Path

import streamlit as st

from seqviz.data import available
from seqviz.errors import CheckpointError
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.training import (
    Checkpoint,
    Evaluation,
    JobRequest,
    JobView,
    Run,
    evaluate,
    list_runs,
    load_checkpoint,
    runs_folder,
    total_steps,
)
from seqviz.ui import caches
from seqviz.ui.sessions import owner

EXAMPLE = "example"
"""A finished run with the digits recipe that ships with the project: what the Train page shows before any training."""

EXAMPLES = {"digits": 1437, "mnist": 60000}


def view(run: str) -> JobView:
    """The run as it is now.

    Raises:
        CheckpointError: there is no such run here, or its file is damaged.
    """
    job = caches.jobs().get(run)
    if job is not None:
        return job.view()
    path = checkpoint_file(run)
    return _from_disk(run, str(path), path.stat().st_mtime_ns if path.exists() else 0)


def start(spec: ModelSpec, training: TrainSpec, data: str, run: str = "", resume: Checkpoint | None = None) -> str:
    """Queue a run for this browser; its name.

    Raises:
        QueueFull, JobError: it cannot be queued.
    """
    request = JobRequest(spec, training, caches.dataset(data), owner(), run=run, resume=resume)
    return caches.jobs().submit(request).run


def resume(run: str) -> str:
    """Go on with a run that was interrupted or stopped, from its checkpoint with the optimizer's state.

    Raises:
        CheckpointError, JobError: it cannot go on.
    """
    checkpoint = load_checkpoint(checkpoint_file(run), with_optimizer=True)
    if not checkpoint.settings:
        raise CheckpointError(f"{run} holds no optimizer state, so it cannot go on; restart it with the same seed.")
    return start(checkpoint.model, checkpoint.training, checkpoint.dataset, run=run, resume=checkpoint)


def earlier() -> tuple[list[Run], list[str]]:
    """The runs on disk that no job is working on, newest first, and a sentence for each file that cannot be read."""
    alive = {job.run for job in caches.jobs().alive()}
    runs, complaints = list_runs(runs_folder(), alive)
    return [run for run in runs if run.name not in alive], complaints


def checkpoint_file(run: str) -> Path:
    if run != Path(run).name:
        raise CheckpointError(f"There is no run {run!r} here; choose one from the table.")
    return (caches.MODELS if run == EXAMPLE else runs_folder()) / f"{run}.safetensors"


@st.cache_resource(show_spinner=False, max_entries=8)
def _from_disk(run: str, path: str, version: int) -> JobView:
    checkpoint = load_checkpoint(path, with_optimizer=True)
    interrupted = checkpoint.status == "running"
    total = total_steps(EXAMPLES.get(checkpoint.dataset, 0), checkpoint.training)
    message = f"Interrupted after step {checkpoint.step}: the server ended before the run did." if interrupted else ""
    return JobView(
        run,
        "interrupted" if interrupted else checkpoint.status,  # type: ignore[arg-type]
        checkpoint.model,
        checkpoint.training,
        checkpoint.dataset,
        owner="",
        step=checkpoint.step,
        total=max(total, checkpoint.step),
        curve=checkpoint.curve,
        evaluation=_evaluation(checkpoint) if checkpoint.step and checkpoint.dataset in available() else None,
        snapshot=checkpoint.snapshot,
        message=message,
    )


def _evaluation(checkpoint: Checkpoint) -> Evaluation:
    return evaluate(checkpoint.build(), caches.dataset(checkpoint.dataset).test)
