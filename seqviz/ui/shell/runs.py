"""Runs as pages see them: alive in the queue, or on disk from before."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import streamlit as st

from seqviz.data.datasets import Dataset, available
from seqviz.data.tasks import is_task
from seqviz.errors import CheckpointError, DataError, PrivateRun, SeqVizError
from seqviz.jobs.history import NAME, Run, check_may_see, list_runs, runs_folder
from seqviz.jobs.jobs import JobRequest, JobView
from seqviz.jobs.kinds import RunKind, run_kind
from seqviz.jobs.notes import LONGEST_TITLE
from seqviz.jobs.texts import Kept, delete_text, keep_text, rename_text
from seqviz.jobs.visitors import is_public
from seqviz.networks.evaluation import Evaluation
from seqviz.networks.scoring import evaluate
from seqviz.specs import EncoderDecoderSpec, LearnedSpec, ModelSpec, TrainSpec
from seqviz.training.checkpoints import (
    Checkpoint,
    checkpoint_bytes,
    load_checkpoint,
    load_resumable,
    read_description,
)
from seqviz.training.recipes import series_windows
from seqviz.ui.shell import caches, texts
from seqviz.ui.shell.frame import show_error
from seqviz.ui.shell.sessions import badge, visitor

PAGES: dict[RunKind, str] = {
    "digits": "Train",
    "text": "Sampling",
    "words": "Words",
    "pairs": "Translation",
    "captions": "Translation",
    "tags": "Translation",
    "series": "Forecast",
}
"""Where runs of each kind are started and watched."""
CHOSEN: dict[RunKind, str] = {
    "digits": "run",
    "text": "text run",
    "words": "word run",
    "pairs": "task run",
    "captions": "task run",
    "tags": "task run",
    "series": "series run",
}
"""What the session calls the run of each kind that is on screen."""
EXAMPLE = "example"
"""A finished run with the digits recipe that ships with the project: what the Train page shows before any training."""


def view(run: str, kind: RunKind) -> JobView:
    """The run as it is now.

    Raises:
        CheckpointError: there is no such run here, its file is damaged, or it trains another kind of network.
        PrivateRun: it learned from what another visitor brought.
    """
    job = caches.jobs().get(run)
    if job is not None:
        check_may_see(runs_folder(), run, visitor(), job.owner, job.request.data.name)
    else:
        caches.check_visible(run)
    return as_it_is(run, kind)


def as_it_is(run: str, kind: RunKind) -> JobView:
    """The same for what stands on a page already, and is asked for where nobody knows who asks: by a download.

    Raises:
        CheckpointError: as `view`.
    """
    job = caches.jobs().get(run)
    if job is not None:
        found = job.view()
        if found.snapshot is None and (path := checkpoint_file(run)).exists():  # it has left memory
            found = replace(found, snapshot=_from_disk(run, str(path), path.stat().st_mtime_ns).snapshot)
    else:
        path = checkpoint_file(run)
        if not path.exists():
            raise CheckpointError(f"There is no run {run!r} on this machine; it may have been deleted.")
        version = path.stat().st_mtime_ns
        found = _from_disk(run, str(path), version)
        if found.kind == "digits" and found.step and found.dataset in available():
            found = replace(found, evaluation=_evaluation(run, str(path), version))
    if found.kind != kind:
        elsewhere = PAGES.get(found.kind)
        where = f"watch it on the {elsewhere} page" if elsewhere else "no page shows it"
        raise CheckpointError(f"The run {run} is of another kind; {where}.")
    return found


def there(run: str, kind: RunKind, otherwise: str) -> str:
    """This run if it can be shown; else the one that ships, and a sentence that says why."""
    try:
        view(run, kind)
    except (CheckpointError, PrivateRun) as error:
        st.session_state["refused"] = str(error)  # said where the run would stand
        for key in [key for key in CHOSEN.values() if st.session_state.get(key) == run]:
            del st.session_state[key]
        return otherwise
    return run


def start(spec: LearnedSpec, training: TrainSpec, data: str, run: str = "", resume: Checkpoint | None = None) -> str:
    """Queue a run for this browser; its name.

    Raises:
        QueueFull, JobError: it cannot be queued.
    """
    request = JobRequest(spec, training, _data(spec, data), badge(), run=run, resume=resume)
    return caches.jobs().submit(request).run


def begin(
    spec: LearnedSpec, training: TrainSpec, data: str, kind: RunKind, own: Kept | None = None, file: str = ""
) -> None:
    """From a callback: keep what this visitor brought (under its file's name), and queue a run on it; show that run.

    Where it cannot be queued, what is new is not kept, and `refused` says why in its place.
    """
    new = False
    try:
        if own is not None and keep_text(runs_folder(), own, badge()):
            new = True
            rename_text(runs_folder(), data, visitor(), file[:LONGEST_TITLE])
        st.session_state[CHOSEN[kind]] = start(spec, training, data)
    except SeqVizError as error:
        if new:
            delete_text(runs_folder(), data, visitor())
        st.session_state[f"{CHOSEN[kind]} refused"] = str(error)


def say_refused(kind: RunKind) -> None:
    """Why the last run of this kind could not begin, once."""
    if refused := st.session_state.pop(f"{CHOSEN[kind]} refused", None):
        show_error(refused)


def _data(spec: LearnedSpec, name: str) -> Dataset:
    """What a network of this kind learns from under this name."""
    if isinstance(spec, ModelSpec) and spec.forecasts:
        return series_windows(caches.series(name)).for_network(spec)
    if is_task(name) or isinstance(spec, EncoderDecoderSpec):
        return caches.task_data(name)
    if spec.words is not None:
        return caches.reviews(name)
    return caches.dataset(name) if spec.characters is None else texts.text(name)


def resume(run: str) -> str:
    """Go on with a run that was interrupted or stopped, from its checkpoint with the optimizer's state; its name.

    Who does not own the run goes on with a copy under a new name.

    Raises:
        CheckpointError, JobError: it cannot go on.
        PrivateRun: it learns from what another visitor brought.
    """
    caches.check_visible(run)
    checkpoint = load_resumable(checkpoint_file(run))
    mine = visitor().owns(checkpoint.owner)
    if not mine and not is_public(checkpoint.dataset):
        raise PrivateRun("The text that this run learned from is another visitor's: only its owner can go on with it.")
    name = run if mine else ""
    return start(checkpoint.model, checkpoint.training, checkpoint.dataset, run=name, resume=checkpoint)


def kind_of(run: str) -> RunKind | None:
    """What a run trains; None where there is no such run, or its file cannot be read."""
    job = caches.jobs().get(run)
    if job is not None:
        return run_kind(job.request.model, job.request.data.objective)
    try:
        description = read_description(checkpoint_file(run))
    except CheckpointError:
        return None
    return run_kind(description.model, description.objective)


def known(*kinds: RunKind) -> tuple[list[Run], list[str]]:
    """The runs of some kinds on disk, newest first, and a sentence for each file that cannot be read."""
    alive = {job.run: "not saved" if job.ended else job.state for job in caches.jobs().alive()}
    found, complaints = list_runs(runs_folder(), alive, visitor())
    return [run for run in found if run_kind(run.description.model, run.description.objective) in kinds], complaints


def as_file(run: str) -> bytes:
    """The network as it is when the button is pressed: what could not be written comes from memory."""
    job = caches.jobs().get(run)
    if job is not None and (checkpoint := job.checkpoint()) is not None:
        return checkpoint_bytes(checkpoint)
    return checkpoint_file(run).read_bytes()


def checkpoint_file(run: str) -> Path:
    if not NAME.fullmatch(run):
        raise CheckpointError(f"There is no run {run[:60]!r} here; choose one from the table.")
    shipped = run == EXAMPLE or run in caches.SHIPPED_NAMES
    return (caches.MODELS if shipped else runs_folder()) / f"{run}.safetensors"


@st.cache_resource(show_spinner=False, max_entries=3)  # with the optimizer's state, which can be large
def _from_disk(run: str, path: str, version: int) -> JobView:
    checkpoint = load_checkpoint(path, with_optimizer=True)
    interrupted = checkpoint.status == "running"
    message = f"Interrupted after step {checkpoint.step}: the server ended before the run did." if interrupted else ""
    return JobView(
        run,
        "interrupted" if interrupted else checkpoint.status,
        checkpoint.model,
        checkpoint.training,
        checkpoint.dataset,
        checkpoint.objective,
        owner=checkpoint.owner,
        step=checkpoint.step,
        total=max(checkpoint.total, checkpoint.step),
        curve=checkpoint.curve,
        metrics=checkpoint.metrics,
        scored_at=checkpoint.scored_at,
        snapshot=checkpoint.snapshot,
        message=message or checkpoint.reason,
    )


@st.cache_resource(show_spinner=False, max_entries=8)
def _evaluation(run: str, path: str, version: int) -> Evaluation | None:
    """A classifier scored again: its confusions and mistakes are not in the file. None where its data is damaged."""
    checkpoint = load_checkpoint(path)
    with suppress(DataError):
        return evaluate(checkpoint.build(), caches.dataset(checkpoint.dataset))
    return None
