"""The runs that lie on disk, whoever started them and however they ended."""

import os
import re
import shutil
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from seqviz.errors import CheckpointError, JobError, PrivateRun
from seqviz.jobs.notes import LONGEST_TITLE, as_title, notes, write_note
from seqviz.jobs.visitors import EVERYBODY, Visitor
from seqviz.training.checkpoints import Checkpoint, read_description


def runs_folder() -> Path:
    """The environment's `SEQVIZ_RUNS`, else `runs/` beside the project's own folders (git ignores it)."""
    chosen = os.environ.get("SEQVIZ_RUNS")
    return Path(chosen).expanduser() if chosen else Path(__file__).parents[2] / "runs"


UNDO = 10.0  # seconds in which a deleted run can be brought back
NAME = re.compile(r"[\w.-]{1,100}")  # of a run


@dataclass(frozen=True)
class Run:
    """A run on disk. `description` holds everything but the tensors; `status` is the job's, where one is at work on it.

    A run that says it is running while no job is at work on it was interrupted.
    """

    name: str
    path: Path
    status: str
    description: Checkpoint


def list_runs(
    folder: Path, alive: Mapping[str, str] | None = None, visitor: Visitor = EVERYBODY
) -> tuple[list[Run], list[str]]:
    """The runs that a visitor may see, newest first, and one sentence for each file that could not be read.

    `alive` gives the state of the runs that jobs of this server are at work on.
    """
    alive, shared = alive or {}, shared_runs(folder)
    runs, complaints = [], []
    for path, changed in reversed(_checkpoint_files(folder)):
        try:
            description = _described(path, changed)
        except FileNotFoundError:
            continue  # deleted meanwhile
        except CheckpointError as error:
            complaints.append(str(error))
            continue
        if not visitor.may_see(description.owner, description.dataset, shared=path.stem in shared):
            continue
        on_disk = "interrupted" if description.status == "running" else description.status
        runs.append(Run(path.stem, path, alive.get(path.stem, on_disk), description))
    return runs, complaints


def check_visible(folder: Path, run: str, visitor: Visitor) -> None:
    """Whether a visitor may see a run, if there is one of this name.

    Raises:
        PrivateRun: it learned from what another visitor brought.
        CheckpointError: its file is damaged.
    """
    if not NAME.fullmatch(run):
        return
    path = folder / f"{run}.safetensors"
    with suppress(FileNotFoundError):
        description = _described(path, path.stat().st_mtime_ns)
        check_may_see(folder, run, visitor, description.owner, description.dataset)


def check_may_see(folder: Path, run: str, visitor: Visitor, owner: str, dataset: str) -> None:
    """The same for a run of this owner's on this data, whether or not it has a file yet.

    Raises:
        PrivateRun: it learned from what another visitor brought.
    """
    if not visitor.may_see(owner, dataset, shared=run in shared_runs(folder)):
        raise PrivateRun(
            f"The run {run} is private: it learned from a text that another visitor brought. Ask its owner to share it."
        )


_DESCRIPTIONS: dict[Path, tuple[int, Checkpoint | CheckpointError]] = {}


def _checkpoint_files(folder: Path) -> list[tuple[Path, int]]:
    """Every checkpoint and when it was changed, in nanoseconds, by name."""
    try:
        with os.scandir(folder) as entries:
            named = [entry for entry in entries if entry.name.endswith(".safetensors") and entry.name[0] != "."]
    except OSError:
        return []
    files = []
    for entry in sorted(named, key=lambda entry: entry.name):
        with suppress(FileNotFoundError):
            files.append((folder / entry.name, entry.stat().st_mtime_ns))
    if len(_DESCRIPTIONS) > 2 * len(files) + 1000:
        _DESCRIPTIONS.clear()  # most are of files that are gone
    return files


def _described(path: Path, changed: int) -> Checkpoint:
    """The description in a file, read again when the file has changed.

    Raises:
        FileNotFoundError: it is gone.
        CheckpointError: it is damaged.
    """
    known = _DESCRIPTIONS.get(path)
    if known is None or known[0] != changed:
        try:
            description: Checkpoint | CheckpointError = read_description(path)
        except CheckpointError as error:
            if not path.exists():
                raise FileNotFoundError(path) from error
            description = error
        known = _DESCRIPTIONS[path] = (changed, description)
    if isinstance(known[1], CheckpointError):
        raise known[1]
    return known[1]


def titles(folder: Path) -> Mapping[str, str]:
    """The titles that runs were given, by their names; a file that cannot be read gives none."""
    return {run: str(title)[:LONGEST_TITLE] for run, title in notes(folder / "titles.json").items()}


def rename_run(folder: Path, run: str, title: str) -> None:
    """Give a run a title for the screen; its file, and links to it, keep the name. An empty title takes it away.

    Raises:
        InputError: the title is too long.
        JobError: the folder cannot be written.
    """
    write_note(folder / "titles.json", run, as_title(title))


def shared_runs(folder: Path) -> Collection[str]:
    """The runs that their owners show to everybody."""
    return notes(folder / "shared.json").keys()


def share_run(folder: Path, run: str, shared: bool) -> None:
    """Show a run to everybody, or to its owner alone again.

    Raises:
        JobError: the folder cannot be written.
    """
    write_note(folder / "shared.json", run, True if shared else None)


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
