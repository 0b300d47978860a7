"""Sentences with a verdict that people wrote: of reviews in three shops' words, and of film critics.

UCI's "Sentiment Labelled Sentences" (Kotzias et al. 2015, CC BY 4.0) and the movie-review sentences of Pang and Lee
(2005, arXiv cs/0506075).
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from seqviz.data.download import fetch_members, towards
from seqviz.data.folders import data_folder
from seqviz.errors import DataCorrupt, DataMissing


@dataclass(frozen=True)
class Archive:
    """Where files come from: an address, the size of what it serves in bytes, and the SHA-256 of each file in it."""

    url: str
    size: int
    files: Mapping[str, str]


ARCHIVES = (
    Archive(
        "https://archive.ics.uci.edu/static/public/331/sentiment+labelled+sentences.zip",
        84_188,
        {
            "amazon_cells_labelled.txt": "47003fc0a0d4840b00e96e715b6189bad09e7443a3da41c4cbe12ffc79f86ae3",
            "imdb_labelled.txt": "aef2e49e3da25714d61175e3a6e68eeef74a20a2f914318dc3be9947ea86512d",
            "yelp_labelled.txt": "c76468b7b5c6e56a0804d728345c5f84aa2142ddb214420f61cc9cfd4c00d2ea",
        },
    ),
    Archive(
        "https://www.cs.cornell.edu/people/pabo/movie-review-data/rt-polaritydata.tar.gz",
        487_770,
        {
            "rt-polarity.pos": "2da124ec187a9d5a29c9f04e91c540e02baed5af8868f550a26bd6fd4dbf8bf0",
            "rt-polarity.neg": "4ace77d558c3714723843f1d65b60c01e3417b208180f0728808d76ad0eeeaca",
        },
    ),
)


def present(root: Path | str | None = None) -> bool:
    """Whether all files are there (they may still prove damaged)."""
    return not _missing(_folder(root))


def load(
    root: Path | str | None = None,
    *,
    download: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> list[tuple[str, int]]:
    """Each sentence once, with 1 for a good verdict and 0 for a bad one, in the order of the files.

    Raises:
        DataMissing: not on this machine and `download` was not asked for.
        DataCorrupt: a file differs from the published one; it is not read.
        DownloadFailed: the network did not deliver.
    """
    folder = _folder(root)
    if download:
        _download(folder, progress)
    if missing := _missing(folder):
        raise DataMissing(
            f"{missing[0]} is not in {folder}. Download the reviews (0.6 MB) with "
            "`python -m seqviz train --data reviews --download`, or set SEQVIZ_DATA to the folder that holds "
            f"{folder.name}/{missing[0]}."
        )
    for name, digest in _digests().items():
        if _digest(folder / name) != digest:
            raise DataCorrupt(f"{folder / name} is truncated or damaged. Delete it and download the reviews again.")
    return list(dict(_sentences(folder)).items())


def _sentences(folder: Path) -> Iterator[tuple[str, int]]:
    for name in ARCHIVES[0].files:
        for line in (folder / name).read_text(encoding="utf-8").split("\n"):
            sentence, _, label = line.rpartition("\t")  # a sentence may hold tabs
            if sentence.strip():
                yield sentence.strip(), int(label)
    for name, verdict in (("rt-polarity.pos", 1), ("rt-polarity.neg", 0)):
        for line in (folder / name).read_text(encoding="latin-1").split("\n"):
            if line.strip():
                yield line.strip(), verdict


def _download(folder: Path, progress: Callable[[int, int], None] | None) -> None:
    needed = [archive for archive in ARCHIVES if not all(_whole(folder / name) for name in archive.files)]
    advance = towards(sum(archive.size for archive in needed), progress)
    for archive in needed:
        fetch_members(archive.url, archive.files, folder, advance, instead="stay with the planted reviews")


def _missing(folder: Path) -> list[str]:
    return [name for name in _digests() if not (folder / name).is_file()]


def _digests() -> dict[str, str]:
    return {name: digest for archive in ARCHIVES for name, digest in archive.files.items()}


def _whole(path: Path) -> bool:
    return path.is_file() and _digest(path) == _digests()[path.name]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _folder(root: Path | str | None) -> Path:
    return data_folder(root) / "sentiment"
