"""What many tests share: data and small networks, made once."""

import os
from pathlib import Path

import pytest
import torch

from seqviz.data.batch import Batch
from seqviz.data.datasets import SequenceData, load_dataset
from seqviz.networks.build import build_model
from seqviz.networks.network import SequenceNetwork
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.training.checkpoints import Checkpoint, save_checkpoint

MNIST_HERE = bool(os.environ.get("SEQVIZ_DATA"))
needs_mnist = pytest.mark.skipif(not MNIST_HERE, reason="set SEQVIZ_DATA to a folder that holds MNIST; CI does")


@pytest.fixture(scope="session")
def digits() -> SequenceData:
    return load_dataset("digits")


@pytest.fixture(scope="session")
def few(digits: SequenceData) -> SequenceData:
    """Eighty digits to train on, forty to test on."""

    def first(split: Batch, count: int) -> Batch:
        return Batch(split.inputs[:count], split.targets[:count])

    return SequenceData("digits", first(digits.train, 80), first(digits.test, 40))


@pytest.fixture
def small() -> SequenceNetwork:
    return build_model(ModelSpec.classifier("gru", 8), seed=3)


@pytest.fixture(scope="session")
def project() -> Path:
    return Path(__file__).parents[1]


def save_overflowing_network(folder: Path, name: str, **changes: object) -> None:
    """A checkpoint with finite weights whose hidden states are not finite after a few rows."""
    model = build_model(ModelSpec.classifier("rnn", 12, nonlinearity="relu", **changes))
    with torch.no_grad():
        model.encoder.weight_hh_l0.abs_().mul_(1e4)
    run = Checkpoint(model.spec, model.state_dict(), "digits", TrainSpec(), step=5, total=9, status="diverged")
    save_checkpoint(run, folder / f"{name}.safetensors")


@pytest.fixture(autouse=True)
def threads() -> None:
    """One thread a test process: the suite must be fast on a busy machine."""
    torch.set_num_threads(1)
