"""Fetch one file, whole or not at all."""

import gzip
import hashlib
import shutil
import tempfile
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from seqviz.errors import DownloadFailed

TIMEOUT = 20.0  # seconds without a byte
CHUNK = 1 << 16

Progress = Callable[[int], None]


def fetch_gzip(urls: Sequence[str], md5: str, target: Path, advance: Progress | None = None) -> None:
    """Download a gzip file from the first of `urls` that serves it intact, and unpack it to `target`.

    The file appears under its name only when it is complete: a download that breaks off leaves nothing behind.

    Raises:
        DownloadFailed: no address served it, or the disk is full.
    """
    reasons = []
    for url in urls:
        try:
            with tempfile.TemporaryFile() as packed:
                _copy(url, packed, md5, advance)
                _unpack(packed, target)
            return
        except (OSError, EOFError, ValueError) as error:
            reasons.append(f"{url}: {getattr(error, 'reason', None) or error}")
    raise DownloadFailed(
        f"{target.name} could not be downloaded ({'; '.join(reasons)}). "
        "Check the network and try again, or stay with the embedded digits, which need none."
    )


def _copy(url: str, packed: IO[bytes], md5: str, advance: Progress | None) -> None:
    digest = hashlib.md5(usedforsecurity=False)
    with urllib.request.urlopen(url, timeout=TIMEOUT) as reply:
        while chunk := reply.read(CHUNK):
            packed.write(chunk)
            digest.update(chunk)
            if advance:
                advance(len(chunk))
    if digest.hexdigest() != md5:
        raise ValueError("what arrived is incomplete or altered")
    packed.seek(0)


def _unpack(packed: IO[bytes], target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".partial-", dir=target.parent) as folder:  # two may download at once
        partial = Path(folder) / target.name
        with gzip.open(packed) as source, partial.open("wb") as sink:
            shutil.copyfileobj(source, sink)
        partial.replace(target)
