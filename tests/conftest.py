"""What many tests share: data and small networks, made once."""

import os
from pathlib import Path

import pytest
import torch

from seqviz.data.datasets import SequenceData, load_dataset
from seqviz.data.split import Split
from seqviz.networks.build import build_model
from seqviz.networks.classifier import SequenceClassifier
from seqviz.specs import ModelSpec

MNIST_HERE = bool(os.environ.get("SEQVIZ_DATA"))
needs_mnist = pytest.mark.skipif(not MNIST_HERE, reason="set SEQVIZ_DATA to a folder that holds MNIST; CI does")


@pytest.fixture(scope="session")
def digits() -> SequenceData:
    return load_dataset("digits")


@pytest.fixture(scope="session")
def few(digits: SequenceData) -> SequenceData:
    """Eighty digits to train on, forty to test on."""

    def first(split: Split, count: int) -> Split:
        return Split(split.sequences[:count], split.labels[:count])

    return SequenceData("digits", first(digits.train, 80), first(digits.test, 40))


@pytest.fixture
def small() -> SequenceClassifier:
    return build_model(ModelSpec(cell="gru", hidden_size=8), seed=3)


@pytest.fixture
def project() -> Path:
    return Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def threads() -> None:
    """One thread a test process: the suite must be fast on a busy machine."""
    torch.set_num_threads(1)
