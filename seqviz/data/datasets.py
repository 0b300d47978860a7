"""`load_dataset`: the one way to get digits as sequences of rows."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, runtime_checkable

import torch

from seqviz.data import digits, mnist
from seqviz.data.batch import Batch, shuffled
from seqviz.data.names import DATASETS
from seqviz.data.transforms import Transform
from seqviz.errors import DataError
from seqviz.specs import NetworkSpec, ObjectiveName, TrainSpec

TEST_BATCH = 500


@runtime_checkable
class Dataset(Protocol):
    """What a network learns from and is scored on, one batch after another. A new task is a class of this form."""

    @property
    def name(self) -> str: ...

    @property
    def objective(self) -> ObjectiveName: ...

    def for_network(self, spec: NetworkSpec) -> "Dataset":
        """The data as the network of this spec reads it.

        Raises:
            InputError: it cannot read this kind of data.
        """

    def steps_per_epoch(self, training: TrainSpec) -> int:
        """Batches in one pass over the training data."""

    def training_batches(self, training: TrainSpec, device: torch.device, after: int = 0) -> Iterator[Batch]:
        """The batches of a whole run, from the one that follows step `after`; their order depends on the seed alone."""

    def test_batches(self, device: torch.device | str = "cpu") -> Iterator[Batch]:
        """The held-out data, in a fixed order."""


@dataclass(frozen=True)
class SequenceData:
    """Labelled sequences with a fixed split."""

    name: str
    train: Batch
    test: Batch
    objective: ObjectiveName = "cross_entropy"

    def transformed(self, *transforms: Transform) -> "SequenceData":
        """The same digits, read another way; transforms apply from left to right."""
        assert self.train.lengths is None, "transforms are for sequences of one length"
        return replace(self, train=_apply(self.train, transforms), test=_apply(self.test, transforms))

    def for_network(self, spec: NetworkSpec) -> "SequenceData":
        """The data itself: what is read does not depend on the network."""
        return self

    def steps_per_epoch(self, training: TrainSpec) -> int:
        return math.ceil(len(self.train) / training.batch_size)

    def training_batches(self, training: TrainSpec, device: torch.device, after: int = 0) -> Iterator[Batch]:
        """Shuffled anew for every epoch, by one generator for the whole run."""
        split, shuffle = self.train.to(device), torch.Generator().manual_seed(training.seed)
        lengths = split.lengths if training.bucket_by_length else None
        step = 0
        for _ in range(training.epochs):
            for rows in shuffled(len(split), training.batch_size, shuffle, lengths):
                step += 1
                if step > after:
                    yield split[rows]

    def test_batches(self, device: torch.device | str = "cpu") -> Iterator[Batch]:
        """The test split, `TEST_BATCH` sequences at a time."""
        for start in range(0, len(self.test), TEST_BATCH):
            yield self.test[start : start + TEST_BATCH].to(device)


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

    >>> load_dataset("digits").train.inputs.shape
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


def _apply(split: Batch, transforms: tuple[Transform, ...]) -> Batch:
    inputs = split.inputs
    for transform in transforms:
        inputs = transform(inputs)
    return replace(split, inputs=inputs)
