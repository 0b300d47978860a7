"""Fetch one file, whole or not at all."""

import gzip
import hashlib
import http.client
import shutil
import tempfile
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import IO

from seqviz.errors import DownloadFailed

TIMEOUT = 20.0  # seconds without a byte
CHUNK = 1 << 16

Progress = Callable[[int], None]


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


def _copy(url: str, arrived: IO[bytes], md5: str, advance: Progress | None) -> None:
    digest = hashlib.md5(usedforsecurity=False)
    with urllib.request.urlopen(url, timeout=TIMEOUT) as reply:
        while chunk := reply.read(CHUNK):
            arrived.write(chunk)
            digest.update(chunk)
            if advance:
                advance(len(chunk))
    if digest.hexdigest() != md5:
        raise ValueError("what arrived is incomplete or altered")
    arrived.seek(0)


def _place(arrived: IO[bytes], target: Path, packed: bool) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".partial-", dir=target.parent) as folder:  # two may download at once
        partial = Path(folder) / target.name
        with gzip.open(arrived) if packed else nullcontext(arrived) as source, partial.open("wb") as sink:
            shutil.copyfileobj(source, sink)
        partial.replace(target)
