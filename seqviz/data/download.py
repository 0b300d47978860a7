"""Fetch files, whole or not at all."""

import gzip
import hashlib
import http.client
import shutil
import tarfile
import tempfile
import urllib.request
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import IO

from seqviz.errors import DownloadFailed

TIMEOUT = 20.0  # seconds without a byte
CHUNK = 1 << 16
LARGEST = 50_000_000  # bytes of an archive that is asked for a few small files, and of each of these

Progress = Callable[[int], None]


def towards(total: int, progress: Callable[[int, int], None] | None) -> Progress:
    """What is told of each piece that arrives, as bytes so far and in all."""
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        if progress:
            progress(min(done, total), total)

    return advance


def fetch(
    urls: Sequence[str],
    md5: str,
    target: Path,
    advance: Progress | None = None,
    *,
    packed: bool = False,
    instead: str = "stay with the embedded digits, which need none",
) -> None:
    """Download a file from the first of `urls` that serves it intact; one that is `packed` with gzip is unpacked.

    The file appears under its name only when it is complete: a download that breaks off leaves nothing behind.
    `md5` is that of the file as it is served; `instead` tells the user what works without a network.

    Raises:
        DownloadFailed: no address served it, or the disk is full.
    """
    reasons = []
    for url in urls:
        try:
            with tempfile.TemporaryFile() as arrived:
                _copy(url, arrived, md5, advance)
                _place(arrived, target, packed)
            return
        except (OSError, EOFError, ValueError, http.client.HTTPException) as error:
            reasons.append(f"{url}: {getattr(error, 'reason', None) or error}")
    raise DownloadFailed(
        f"{target.name} could not be downloaded ({'; '.join(reasons)}). Check the network and try again, or {instead}."
    )


def fetch_members(
    url: str, members: Mapping[str, str], folder: Path, advance: Progress | None = None, *, instead: str
) -> None:
    """Download an archive (zip or tar) and keep some of its files, by name, each held to its SHA-256.

    None appears in the folder unless all are whole; whatever else the archive holds is not looked at.

    Raises:
        DownloadFailed: the address did not serve it, a file is missing or altered, or the disk is full.
    """
    try:
        with tempfile.TemporaryFile() as arrived:
            _receive(url, arrived, advance)
            found = _unpacked(arrived, members)
        for name, digest in members.items():
            if hashlib.sha256(found.get(name, b"")).hexdigest() != digest:
                raise ValueError(f"{name} is missing, incomplete or altered")
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".partial-", dir=folder) as partial:
            for name, content in found.items():
                (Path(partial) / name).write_bytes(content)
            for name in found:
                (Path(partial) / name).replace(folder / name)
    except (OSError, EOFError, ValueError, tarfile.TarError, zipfile.BadZipFile, http.client.HTTPException) as error:
        raise DownloadFailed(
            f"{', '.join(members)} could not be downloaded ({url}: {getattr(error, 'reason', None) or error}). "
            f"Check the network and try again, or {instead}."
        ) from error


def _unpacked(arrived: IO[bytes], members: Mapping[str, str]) -> dict[str, bytes]:
    """The wanted files of an archive, in whatever folders they lie."""
    found = {}
    if zipfile.is_zipfile(arrived):
        with zipfile.ZipFile(arrived) as packed:
            for entry in packed.infolist():
                if (name := Path(entry.filename).name) in members and name not in found:
                    with packed.open(entry) as file:
                        found[name] = file.read(LARGEST)
        return found
    arrived.seek(0)
    with tarfile.open(fileobj=arrived) as packed_tar:
        for member in packed_tar:
            if (name := Path(member.name).name) in members and (content := packed_tar.extractfile(member)):
                found[name] = content.read(LARGEST)
    return found


def _copy(url: str, arrived: IO[bytes], md5: str, advance: Progress | None) -> None:
    _receive(url, arrived, advance)
    if hashlib.md5(arrived.read(), usedforsecurity=False).hexdigest() != md5:
        raise ValueError("what arrived is incomplete or altered")
    arrived.seek(0)


def _receive(url: str, arrived: IO[bytes], advance: Progress | None) -> None:
    with urllib.request.urlopen(url, timeout=TIMEOUT) as reply:
        while chunk := reply.read(CHUNK):
            arrived.write(chunk)
            if advance:
                advance(len(chunk))
    arrived.seek(0)


def _place(arrived: IO[bytes], target: Path, packed: bool) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".partial-", dir=target.parent) as folder:  # two may download at once
        partial = Path(folder) / target.name
        with gzip.open(arrived) if packed else nullcontext(arrived) as source, partial.open("wb") as sink:
            shutil.copyfileobj(source, sink)
        partial.replace(target)
