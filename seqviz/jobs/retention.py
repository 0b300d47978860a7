"""What is kept, and for how long: runs and texts have an age and a total bound, leftovers are cleaned up."""

import os
import re
import shutil
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from seqviz.errors import JobError
from seqviz.jobs.history import list_runs, purge_deleted
from seqviz.jobs.settings import Limits

LEFT_OVER = 3600.0  # seconds after which a file that is being written is taken to be what a kill left


@dataclass(frozen=True)
class Stored:
    """A run with its snapshots, or a text, as it lies on disk; `used` is when it was last written or learned from."""

    kind: Literal["run", "text"]
    name: str
    files: tuple[Path, ...]
    used: float
    bytes: int

    def delete(self) -> None:
        """Remove its files.

        Raises:
            JobError: they cannot be removed.
        """
        for file in self.files:
            try:
                file.unlink(missing_ok=True)
            except OSError as error:
                raise JobError(f"{file} could not be deleted ({error.strerror}).") from error


def stored(folder: Path) -> list[Stored]:
    """Every run and every text, the one that was used longest ago first."""
    runs, _ = list_runs(folder)
    learned = {run.name: run.description.dataset for run in runs}
    found = [
        _stored("run", path, folder / "snapshots" / path.name)
        for path in folder.glob("*.safetensors")
        if not path.name.startswith(".")
    ]
    used: dict[str, float] = {}
    for run in found:
        text = learned.get(run.name, "")
        used[text] = max(used.get(text, 0.0), run.used)
    patterns = ("own-*.txt", "table-*.csv", "pairs-*.csv")
    brought = [path for pattern in patterns for path in (folder / "texts").glob(pattern)]
    texts = [_stored("text", path) for path in brought]
    found += [replace(text, used=max(text.used, used.get(text.name, 0.0))) for text in texts]
    return sorted(found, key=lambda one: one.used)


def prune(
    folder: Path, limits: Limits, alive: Collection[str] = (), *, now: float | None = None, delete: bool = True
) -> Sequence[Stored]:
    """Delete what is older than the limits' age, then the oldest until the rest fits their size; what that is.

    Runs that are `alive` stay, and so do the texts that these learn from.
    """
    now = time.time() if now is None else now
    if delete:
        purge_deleted(folder)
        clean_up(folder, now)
    everything = stored(folder)
    busy = {*alive, *_texts_of(folder, alive)}
    size = sum(one.bytes for one in everything)
    gone = []
    for one in everything:
        too_old = limits.kept_seconds is not None and now - one.used > limits.kept_seconds
        too_much = limits.kept_bytes is not None and size > limits.kept_bytes
        if (too_old or too_much) and one.name not in busy:
            with suppress(JobError):
                if delete:
                    one.delete()
                gone.append(one)
                size -= one.bytes
    return gone


def clean_up(folder: Path, now: float | None = None) -> None:
    """Remove what a kill left half written, and snapshots whose run is gone."""
    now = time.time() if now is None else now
    for path in _half_written(folder):
        with suppress(OSError):
            if _is_dead(path) or now - path.stat().st_mtime > LEFT_OVER:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    there = {path.name for path in folder.glob("*.safetensors")}
    for path in (folder / "snapshots").glob("*.safetensors"):
        with suppress(OSError):
            if path.name not in there and now - path.stat().st_mtime > LEFT_OVER:
                path.unlink()  # the run that it belonged to is gone


def _half_written(folder: Path) -> Iterator[Path]:
    for place in (folder, folder / "snapshots", folder / "texts"):
        yield from place.glob(".*.partial")
        yield from place.glob(".partial-*")


def _is_dead(path: Path) -> bool:
    """Whether the process that was writing this file, which its name tells, has ended."""
    writer = re.search(r"\.(\d+)(-\d+)?\.partial$", path.name)
    if writer is None or os.name == "nt":  # where such a question would be an interruption
        return False
    try:
        os.kill(int(writer[1]), 0)
    except (ProcessLookupError, OverflowError):
        return True
    except OSError:
        return False  # it is another user's
    return False


def _texts_of(folder: Path, alive: Collection[str]) -> set[str]:
    runs, _ = list_runs(folder)
    return {run.description.dataset for run in runs if run.name in alive}


def _stored(kind: Literal["run", "text"], *files: Path) -> Stored:
    used, size, there = 0.0, 0, []
    for file in files:
        with suppress(OSError):
            about = file.stat()
            used, size = max(used, about.st_mtime), size + about.st_size
            there.append(file)
    return Stored(kind, files[0].stem, tuple(there), used, size)
