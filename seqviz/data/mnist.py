"""MNIST (LeCun, Cortes and Burges, 1998), read by torchvision after every file has proved whole."""

import functools
import hashlib
from collections.abc import Callable
from pathlib import Path

import torch

from seqviz.data.batch import Batch
from seqviz.data.download import fetch, towards
from seqviz.data.folders import data_folder
from seqviz.data.torchvision_cpu import import_datasets
from seqviz.errors import DataCorrupt, DataMissing

FILES = {  # uncompressed IDX file: (md5, bytes of its gzip, for the progress bar)
    "train-images-idx3-ubyte": ("6bbc9ace898e44ae57da46a324031adb", 9_912_422),
    "train-labels-idx1-ubyte": ("a25bea736e30d166cdddb491f175f624", 28_881),
    "t10k-images-idx3-ubyte": ("2646ac647ad5339dbf082846283269ea", 1_648_877),
    "t10k-labels-idx1-ubyte": ("27ae3e4e09519cfbb04c329615203637", 4_542),
}


def present(root: Path | str | None = None) -> bool:
    """Whether all four files are there (they may still prove damaged)."""
    folder = _raw(data_folder(root))
    return all((folder / name).is_file() for name in FILES)


def load(
    root: Path | str | None = None,
    *,
    download: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Batch, Batch]:
    """`(train, test)`: 60,000 and 10,000 digits, float32 in [0, 1].

    Raises:
        DataMissing: not on this machine and `download` was not asked for.
        DataCorrupt: a file differs from the published one; it is not read.
        DownloadFailed: the network did not deliver.
    """
    folder = data_folder(root)
    if download:
        _download(folder, progress)
    if not present(folder):
        raise DataMissing(
            f"MNIST is not in {folder}. Download it (11 MB) from the Train page or with "
            "`python -m seqviz train --data mnist --download`, or set SEQVIZ_DATA to the folder that holds it."
        )
    for name in FILES:
        if _digest(_raw(folder) / name) != FILES[name][0]:
            raise DataCorrupt(
                f"{_raw(folder) / name} is truncated or damaged. Delete it and download MNIST again: "
                "`python -m seqviz train --data mnist --download` fetches only what is missing."
            )
    return _read(folder, train=True), _read(folder, train=False)


def _read(folder: Path, *, train: bool) -> Batch:
    split = import_datasets().MNIST(str(folder), train=train, download=False)
    return Batch(split.data.to(torch.float32).div_(255), split.targets.long())


def _download(folder: Path, progress: Callable[[int, int], None] | None) -> None:
    source = import_datasets().MNIST
    missing = {name: FILES[name] for name in FILES if not _whole(_raw(folder) / name)}
    advance = towards(sum(size for _, size in missing.values()), progress)
    packed_md5 = dict(source.resources)
    for name in missing:
        packed = f"{name}.gz"
        urls = [mirror + packed for mirror in source.mirrors]
        fetch(urls, packed_md5[packed], _raw(folder) / name, advance, packed=True)


def _whole(path: Path) -> bool:
    return path.is_file() and _digest(path) == FILES[path.name][0]


def _digest(path: Path) -> str:
    stat = path.stat()
    return _digest_of(path, stat.st_size, stat.st_mtime_ns)


@functools.lru_cache(maxsize=32)
def _digest_of(path: Path, size: int, changed: int) -> str:
    """MD5 of a file; size and time of change are in the key, so that a file that changed is read again."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _raw(folder: Path) -> Path:
    return folder / "MNIST" / "raw"
