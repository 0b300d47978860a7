"""The Large Movie Review Dataset: 50,000 reviews of films, half of them held out (Maas et al. 2011, ACL P11-1015)."""

import hashlib
import tarfile
from collections.abc import Callable
from pathlib import Path

from seqviz.data.download import fetch, towards
from seqviz.data.folders import data_folder
from seqviz.errors import DataCorrupt, DataMissing

URLS = (
    "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",
    "http://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",
)
MD5 = "7c2ac02c03563afcf9b574c7e56c153a"
SIZE = 84_125_825  # bytes
LARGEST = 100_000  # bytes of a review that are read
VERDICTS = {"neg": 0, "pos": 1}

Labelled = list[tuple[str, int]]


def present(root: Path | str | None = None) -> bool:
    """Whether the archive is there (it may still prove damaged)."""
    return _archive(root).is_file()


def load(
    root: Path | str | None = None,
    *,
    download: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Labelled, Labelled]:
    """The reviews to learn from and those that are held out, as published, with 1 for praise and 0 for blame.

    They are read from the archive as it is served, and nothing is unpacked to disk.

    Raises:
        DataMissing: not on this machine and `download` was not asked for.
        DataCorrupt: the archive differs from the published one; it is not read.
        DownloadFailed: the network did not deliver.
    """
    archive = _archive(root)
    if download and not archive.is_file():
        fetch(URLS, MD5, archive, towards(SIZE, progress), instead="stay with the planted reviews")
    if not archive.is_file():
        raise DataMissing(
            f"{archive.name} is not in {archive.parent}. Download it (84 MB) with `python -m seqviz train --data imdb "
            f"--download`, or set SEQVIZ_DATA to the folder that holds {archive.parent.name}/{archive.name}."
        )
    damaged = DataCorrupt(f"{archive} is truncated or damaged. Delete it and download the reviews again.")
    if _digest(archive) != MD5:
        raise damaged
    parts: dict[str, Labelled] = {"train": [], "test": []}
    try:
        with tarfile.open(archive) as packed:
            for member in packed:
                part, verdict = _place(member.name)
                if part in parts and verdict in VERDICTS and (file := packed.extractfile(member)):
                    text = file.read(LARGEST).decode("utf-8", errors="replace").replace("<br />", " ")
                    parts[part].append((text, VERDICTS[verdict]))
    except (OSError, EOFError, tarfile.TarError) as error:
        raise damaged from error
    if not all(parts.values()):
        raise damaged
    return parts["train"], parts["test"]


def _place(name: str) -> tuple[str, str]:
    """The part and the verdict of `aclImdb/train/pos/17_9.txt`; nothing of other files, such as unlabelled reviews."""
    folders = Path(name).parts
    if len(folders) != 4 or not name.endswith(".txt"):
        return "", ""
    return folders[1], folders[2]


def _digest(path: Path) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def _archive(root: Path | str | None) -> Path:
    return data_folder(root) / "imdb" / "aclImdb_v1.tar.gz"
