"""The runs that lie on disk, whoever started them and however they ended."""

import functools
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from seqviz.errors import CheckpointError
from seqviz.training.checkpoints import Checkpoint, read_description


def runs_folder() -> Path:
    """The environment's `SEQVIZ_RUNS`, else `runs/` beside the project's own folders (git ignores it)."""
    chosen = os.environ.get("SEQVIZ_RUNS")
    return Path(chosen).expanduser() if chosen else Path(__file__).parents[2] / "runs"


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
