"""The runs that lie on disk, whoever started them and however they ended."""

import functools
import json
import os
import shutil
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from seqviz.errors import CheckpointError, InputError, JobError
from seqviz.training.checkpoints import Checkpoint, read_description


def runs_folder() -> Path:
    """The environment's `SEQVIZ_RUNS`, else `runs/` beside the project's own folders (git ignores it)."""
    chosen = os.environ.get("SEQVIZ_RUNS")
    return Path(chosen).expanduser() if chosen else Path(__file__).parents[2] / "runs"


UNDO = 10.0  # seconds in which a deleted run can be brought back
LONGEST_TITLE = 60  # characters
_TITLES = threading.Lock()  # two sessions may give titles at once


@dataclass(frozen=True)
class Run:
    """A run on disk. `description` holds everything but the tensors; `status` is the job's, where one is at work on it.

    A run that says it is running while no job is at work on it was interrupted.
    """

    name: str
    path: Path
    status: str
    description: Checkpoint


def list_runs(folder: Path, alive: Mapping[str, str] | None = None) -> tuple[list[Run], list[str]]:
    """All runs, newest first, and one sentence for each file that could not be read.

    `alive` gives the state of the runs that jobs of this server are at work on.
    """
    alive = alive or {}
    runs, complaints = [], []
    for path in sorted(folder.glob("*.safetensors"), reverse=True):
        if path.name.startswith("."):
            continue
        try:
            description = _described(path, path.stat().st_mtime_ns)
        except FileNotFoundError:
            continue  # deleted meanwhile
        except CheckpointError as error:
            complaints.append(str(error))
            continue
        on_disk = "interrupted" if description.status == "running" else description.status
        runs.append(Run(path.stem, path, alive.get(path.stem, on_disk), description))
    return runs, complaints


@functools.lru_cache(maxsize=512)
def _described(path: Path, changed: int) -> Checkpoint:
    """The description in a file, read again when the file has changed."""
    return read_description(path)


def titles(folder: Path) -> dict[str, str]:
    """The titles that runs were given, by their names; a file that cannot be read gives none."""
    with suppress(OSError, ValueError, RecursionError):
        found = json.loads((folder / "titles.json").read_text(encoding="utf-8"))
        if isinstance(found, dict):
            return {str(run): str(title)[:LONGEST_TITLE] for run, title in found.items()}
    return {}


def rename_run(folder: Path, run: str, title: str) -> None:
    """Give a run a title for the screen; its file, and links to it, keep the name. An empty title takes it away.

    Raises:
        InputError: the title is too long.
        JobError: the folder cannot be written.
    """
    title = " ".join(title.split())
    if len(title) > LONGEST_TITLE:
        raise InputError(f"The title has {len(title)} characters; take at most {LONGEST_TITLE}.")
    written = folder / f".titles-{os.getpid()}-{time.monotonic_ns()}.json"
    try:
        with _TITLES:
            known = titles(folder) | {run: title}
            written.write_text(json.dumps({run: title for run, title in known.items() if title}), encoding="utf-8")
            written.replace(folder / "titles.json")
    except OSError as error:
        raise JobError(f"The title could not be kept in {folder} ({error.strerror}).") from error


def delete_run(folder: Path, run: str) -> None:
    """Put a run's files aside; `restore_run` brings them back, `purge_deleted` ends that.

    Raises:
        JobError: the files cannot be moved.
    """
    aside = folder / ".deleted" / run
    try:
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        for place in _files(run):
            if (folder / place).exists():
                (aside / place).parent.mkdir(exist_ok=True)
                (folder / place).replace(aside / place)
        os.utime(aside)
    except OSError as error:
        raise JobError(f"The run {run} could not be deleted from {folder} ({error.strerror}).") from error


def restore_run(folder: Path, run: str) -> None:
    """Bring a deleted run back.

    Raises:
        JobError: it has been purged, or its files cannot be moved.
    """
    aside = folder / ".deleted" / run
    if not aside.is_dir():
        raise JobError(f"The run {run} has been deleted for good: it can be brought back for {UNDO:.0f} seconds.")
    try:
        for place in _files(run):
            if (aside / place).exists():
                (folder / place).parent.mkdir(exist_ok=True)
                (aside / place).replace(folder / place)
    except OSError as error:
        raise JobError(f"The run {run} could not be brought back to {folder} ({error.strerror}).") from error
    shutil.rmtree(aside, ignore_errors=True)


def purge_deleted(folder: Path) -> None:
    """Remove for good what was deleted more than `UNDO` seconds ago."""
    for aside in (folder / ".deleted").glob("*"):
        with suppress(OSError):
            if time.time() - aside.stat().st_mtime > UNDO:
                shutil.rmtree(aside)


def _files(run: str) -> tuple[Path, ...]:
    """Where a run's files lie, relative to the folder: its checkpoint, and its snapshots."""
    return Path(f"{run}.safetensors"), Path("snapshots") / f"{run}.safetensors"
