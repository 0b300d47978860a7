"""What is noted about runs and texts beside their files: small JSON objects, one entry a name."""

import json
import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from seqviz.errors import InputError, JobError

LONGEST_TITLE = 60  # characters
_WRITING = threading.Lock()  # two sessions may write at once
_READ: dict[Path, tuple[int, Mapping[str, object]]] = {}


def notes(path: Path) -> Mapping[str, object]:
    """All entries of a file, read again when it has changed; one that is missing or damaged has none."""
    try:
        changed = path.stat().st_mtime_ns
        if path in _READ and _READ[path][0] == changed:
            return _READ[path][1]
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    entries = {str(name): entry for name, entry in found.items()} if isinstance(found, dict) else {}
    _READ[path] = (changed, entries)
    return entries


def _written(path: Path) -> dict[str, object]:
    """What a file holds, before an entry is added: one that cannot be read now is not written over."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError) as error:
        raise JobError(f"{path} is damaged ({error}); delete it, and what it noted is lost.") from error
    return found if isinstance(found, dict) else {}


def as_title(text: str) -> str:
    """A title as it is kept: one line, and not too long.

    Raises:
        InputError: it is.
    """
    title = " ".join(text.split())
    if len(title) > LONGEST_TITLE:
        raise InputError(f"The title has {len(title)} characters; take at most {LONGEST_TITLE}.")
    return title


def write_note(path: Path, name: str, entry: object) -> None:
    """Write an entry; an empty one takes it away.

    Raises:
        JobError: the folder cannot be written.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}-{time.monotonic_ns()}.partial")
    try:
        with _WRITING:
            entries = {**_written(path), name: entry}
            path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_text(json.dumps({name: entry for name, entry in entries.items() if entry}), encoding="utf-8")
            partial.replace(path)
            _READ.pop(path, None)
    except OSError as error:
        raise JobError(
            f"This could not be kept in {path.parent} ({error.strerror}). Free some space, or set SEQVIZ_RUNS to a "
            "folder that can be written."
        ) from error
