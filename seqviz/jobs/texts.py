"""The texts that visitors brought to learn from, kept beside the runs: their names depend on their content alone.

A text in characters is a plain file; texts with classes (`data/labelled_table.py`), pairs of texts
(`data/pair_table.py`) and series (`data/series_table.py`) are tables.
"""

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from seqviz.data.labelled_table import write_labelled
from seqviz.data.labelled_texts import LabelledTexts
from seqviz.data.pair_table import write_pairs
from seqviz.data.pairs import Pairs
from seqviz.data.series import Series
from seqviz.data.series_table import write_series
from seqviz.data.text import TextData
from seqviz.errors import DataError, DataMissing, JobError
from seqviz.jobs.notes import as_title, notes, write_note
from seqviz.jobs.visitors import Visitor

_OWN = re.compile(r"(own|table|pairs|series)-[0-9a-f]{12}")
Kept = TextData | LabelledTexts | Pairs | Series
"""What a visitor may bring."""
TextKind = Literal["own", "table", "pairs", "series"]
_SUFFIX: dict[str, str] = {"own": ".txt", "table": ".csv", "pairs": ".csv", "series": ".csv"}


@dataclass(frozen=True)
class KeptText:
    """A text on disk. Two visitors may have brought the same one, each with a title of their own."""

    name: str
    path: Path
    title: str
    bytes: int


def text_file(folder: Path, name: str) -> Path:
    """Where a text lies.

    Raises:
        DataMissing: it is not there.
    """
    path = _path(folder, name)
    if path is None or not path.is_file():
        raise DataMissing(f"The text {name[:60]!r} is not on this machine; bring it again to learn from it.")
    return path


def _path(folder: Path, name: str) -> Path | None:
    """Its place, if this can be the name of a text that somebody brought."""
    found = _OWN.fullmatch(name)
    return folder / "texts" / f"{name}{_SUFFIX[found[1]]}" if found else None


def keep_text(folder: Path, data: Kept, owner: str) -> bool:
    """Put a text that somebody brought beside the runs, so that a run can go on with it after a restart.

    Whether this owner had not brought it before.

    Raises:
        DataError: it cannot be written.
    """
    path = _path(folder, data.name)
    if path is None:
        return False
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_file():
            os.utime(path)  # it is learned from again
        else:
            partial.write_bytes(_content(data))
            partial.replace(path)
        if new := owner not in _titles(folder, data.name):
            _write_titles(folder, data.name, {**_titles(folder, data.name), owner: ""})
    except (OSError, JobError) as error:
        raise DataError(
            f"The text could not be kept in {path.parent} ({getattr(error, 'strerror', None) or error}). Free some "
            "space, or set SEQVIZ_RUNS to a folder that can be written."
        ) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
    return new


def _content(data: Kept) -> bytes:
    if isinstance(data, Series):
        return write_series(data)
    if isinstance(data, Pairs):
        return write_pairs(data)
    return write_labelled(data) if isinstance(data, LabelledTexts) else (data.train + data.test).encode()


def texts_of(folder: Path, visitor: Visitor, kind: TextKind = "own") -> Sequence[KeptText]:
    """The texts of one kind that a visitor brought, the newest first."""
    found = []
    for path in (folder / "texts").glob(f"{kind}-*{_SUFFIX[kind]}"):
        titles = _titles(folder, path.stem)
        mine = [title for owner, title in titles.items() if visitor.owns(owner)]
        if mine or not visitor.shared:
            with suppress(FileNotFoundError):
                about = path.stat()
                found.append((about.st_mtime, KeptText(path.stem, path, next(filter(None, mine), ""), about.st_size)))
    return [text for _, text in sorted(found, key=lambda pair: pair[0], reverse=True)]


def rename_text(folder: Path, name: str, visitor: Visitor, title: str) -> None:
    """Give a text a title, which its visitor alone sees.

    Raises:
        InputError: the title is too long.
        JobError: the folder cannot be written.
    """
    _write_titles(folder, name, {**_titles(folder, name), visitor.badge: as_title(title)})


def delete_text(folder: Path, name: str, visitor: Visitor) -> None:
    """Take a text away from a visitor, and from the disk once nobody has it.

    Raises:
        JobError: it cannot be deleted.
    """
    left = {owner: title for owner, title in _titles(folder, name).items() if not visitor.owns(owner)}
    _write_titles(folder, name, left)
    if not left:
        try:
            if path := _path(folder, name):
                path.unlink(missing_ok=True)
        except OSError as error:
            raise JobError(f"The text {name} could not be deleted ({error.strerror}).") from error


def _titles(folder: Path, name: str) -> dict[str, str]:
    """The owners of a text, and what each calls it."""
    entry = notes(folder / "texts.json").get(name)
    return {str(owner): str(title) for owner, title in entry.items()} if isinstance(entry, dict) else {}


def _write_titles(folder: Path, name: str, titles: dict[str, str]) -> None:
    write_note(folder / "texts.json", name, titles)
