"""`load_dataset`: the one way to get digits as sequences of rows."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from seqviz.data import digits, mnist
from seqviz.data.split import Split
from seqviz.data.transforms import Transform
from seqviz.errors import DataError

DATASETS = ("digits", "mnist")


@dataclass(frozen=True)
class SequenceData:
    """A dataset of labelled sequences with a fixed split."""

    name: str
    train: Split
    test: Split

    def transformed(self, *transforms: Transform) -> "SequenceData":
        """The same digits, read another way; transforms apply from left to right."""
        return replace(self, train=_apply(self.train, transforms), test=_apply(self.test, transforms))


def load_dataset(
    name: str,
    root: Path | str | None = None,
    *,
    download: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> SequenceData:
    """The named dataset as sequences `(n, 28, 28)` of 28 time steps with 28 features, float32 in [0, 1].

    Args:
        name: "digits" (embedded, always there) or "mnist".
        root: MNIST's folder; default: the environment's `SEQVIZ_DATA`, else the user's cache folder.
        download: fetch MNIST if it is not there; nothing is ever downloaded otherwise.
        progress: called with (bytes so far, bytes in all) while downloading.

    Raises:
        DataError: the name is unknown, or MNIST is missing, damaged or out of reach.

    >>> load_dataset("digits").train.sequences.shape
    torch.Size([1437, 28, 28])
    """
    if name == "digits":
        train, test = digits.load()
    elif name == "mnist":
        train, test = mnist.load(root, download=download, progress=progress)
    else:
        raise DataError(f"There is no dataset {name!r}; choose one of {', '.join(DATASETS)}.")
    return SequenceData(name, train, test)


def available(root: Path | str | None = None) -> list[str]:
    """The datasets that can be loaded on this machine without a download."""
    return ["digits", *(["mnist"] if mnist.present(root) else [])]


def _apply(split: Split, transforms: tuple[Transform, ...]) -> Split:
    sequences = split.sequences
    for transform in transforms:
        sequences = transform(sequences)
    return replace(split, sequences=sequences)
