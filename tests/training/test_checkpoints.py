"""Checkpoints: what goes in comes out; what is foreign, damaged or cannot be written is one sentence."""

import json
import math
import os
import pickle
from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file

from seqviz.data.datasets import load_dataset
from seqviz.errors import CheckpointError
from seqviz.jobs.history import list_runs
from seqviz.networks.build import build_model
from seqviz.networks.scoring import evaluate
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.training.checkpoints import Checkpoint, load_checkpoint, load_resumable, save_checkpoint
from seqviz.training.events import SnapshotTaken
from seqviz.training.loop import train
from tests.conftest import needs_mnist

SPEC = ModelSpec.classifier("rnn", 6)
CURVE = {name: [1.0, 2.0] for name in ("step", "loss", "accuracy", "gradient_norm", "count")}
CURVE |= {name: [2.0] for name in ("eval_step", "eval_loss", "eval_accuracy")}
RUN = TrainSpec(epochs=1, batch_size=40, schedule="one-cycle", device="cpu")


@pytest.fixture
def checkpoint(few) -> Checkpoint:
    *_, snapshot = (e for e in train(build_model(SPEC), few, RUN) if isinstance(e, SnapshotTaken))
    return Checkpoint(
        SPEC,
        snapshot.weights,
        "digits",
        RUN,
        step=snapshot.step,
        metrics={"accuracy": 0.5},
        curve=CURVE,
        optimizer=snapshot.optimizer,
        settings=snapshot.settings,
    )


def test_what_goes_in_comes_out(checkpoint, tmp_path, few):
    path = tmp_path / "run.safetensors"
    save_checkpoint(checkpoint, path)
    back = load_checkpoint(path, with_optimizer=True)
    assert (back.model, back.training, back.metrics, back.curve) == (SPEC, RUN, {"accuracy": 0.5}, CURVE)
    assert set(back.optimizer) == set(checkpoint.optimizer)
    x = few.test.inputs
    model = build_model(SPEC)
    model.load_state_dict(dict(checkpoint.weights))
    torch.testing.assert_close(back.build()(x), model(x))
    assert back.snapshot.settings == json.loads(json.dumps(checkpoint.settings))
    assert os.listdir(tmp_path) == ["run.safetensors"], "nothing partial is left"


def damage_pickle(path):
    path.write_bytes(pickle.dumps({"model": "anything"}))


def damage_cut(path):
    path.write_bytes(path.read_bytes()[:-30])


def damage_empty(path):
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [damage_pickle, damage_cut, damage_empty])
def test_a_damaged_file_is_one_sentence(checkpoint, tmp_path, damage):
    path = tmp_path / "run.safetensors"
    save_checkpoint(checkpoint, path)
    damage(path)
    with pytest.raises(CheckpointError, match="run.safetensors is damaged or no checkpoint at all"):
        load_checkpoint(path)
    runs, complaints = list_runs(tmp_path)
    assert (runs, len(complaints)) == ([], 1)


def test_a_foreign_file_is_refused(tmp_path):
    save_file({"weight": torch.zeros(3)}, tmp_path / "other.safetensors")
    with pytest.raises(CheckpointError, match="other.safetensors was not written by SeqViz"):
        load_checkpoint(tmp_path / "other.safetensors")


def rewritten(checkpoint, path, weights=None, **about):
    """A file of ours whose description or tensors were tampered with."""
    metadata = checkpoint.metadata()
    metadata["about"] = json.dumps(json.loads(metadata["about"]) | about)
    save_file({f"model.{k}": v for k, v in (weights or checkpoint.weights).items()}, path, metadata)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"model": ModelSpec.classifier("rnn", 7).to_dict()}, "its tensors do not fit its own description"),
        (
            {"model": SPEC.to_dict() | {"encoder": {"hidden_size": -7}}},
            "describes a network that cannot be: hidden_size is -7",
        ),
        ({"model": SPEC.to_dict() | {"sizes": 3}}, "no field sizes"),
        ({"model": {"input": {"kind": "picture"}}}, "the input's kind is 'picture'"),
        ({"model": None}, "is damaged"),
        ({"surprise": 1}, "is damaged"),
        ({"step": -1}, "not of the form that SeqViz writes"),
        ({"curve": {"step": [1, 2]}}, "not of the form that SeqViz writes"),
        ({"curve": CURVE | {"loss": [1.0]}}, "not of the form that SeqViz writes"),
        ({"metrics": {"accuracy": "high"}}, "not of the form that SeqViz writes"),
        ({"metrics": {"accuracy": float("inf")}}, "not of the form that SeqViz writes"),
        ({"metrics": {"accuracy": float("nan")}}, "not of the form that SeqViz writes"),
        ({"curve": CURVE | {"loss": [1.0, 10**400]}}, "not of the form that SeqViz writes"),
        ({"curve": CURVE | {"step": [1.0, float("-inf")]}}, "not of the form that SeqViz writes"),
        ({"scored_at": 0.5}, "not of the form that SeqViz writes"),
        ({"step": 10**30}, "not of the form that SeqViz writes"),
        ({"objective": "to please"}, "its objective is 'to please'"),
        ({"status": "dancing"}, "its status is 'dancing'"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(checkpoint, tmp_path, change, says):
    rewritten(checkpoint, tmp_path / "run.safetensors", **change)
    with pytest.raises(CheckpointError, match=says):
        load_checkpoint(tmp_path / "run.safetensors")


def test_json_that_is_nested_without_end_is_refused(checkpoint, tmp_path):
    metadata = checkpoint.metadata()
    metadata["about"] = "[" * 100_000 + "]" * 100_000
    save_file({f"model.{k}": v for k, v in checkpoint.weights.items()}, tmp_path / "run.safetensors", metadata)
    with pytest.raises(CheckpointError, match="run.safetensors is damaged"):
        load_checkpoint(tmp_path / "run.safetensors")
    _, complaints = list_runs(tmp_path)
    assert len(complaints) == 1


def test_weights_that_are_no_numbers_are_refused(checkpoint, tmp_path):
    weights = dict(checkpoint.weights) | {"head.bias": torch.full((10,), torch.nan)}
    rewritten(checkpoint, tmp_path / "run.safetensors", weights)
    with pytest.raises(CheckpointError, match="NaN or infinity among its weights"):
        load_checkpoint(tmp_path / "run.safetensors")


def test_a_missing_file(tmp_path):
    with pytest.raises(CheckpointError, match=r"no checkpoint gone.safetensors here"):
        load_checkpoint(tmp_path / "gone.safetensors")


def test_a_full_disk_loses_nothing(checkpoint, tmp_path):
    """A file-size limit of the operating system stands in for the full disk."""
    resource = pytest.importorskip("resource", reason="Windows has no file-size limits")
    path = tmp_path / "run.safetensors"
    save_checkpoint(checkpoint, path)
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(CheckpointError, match="could not be written to .* Free some space or choose"):
            save_checkpoint(checkpoint, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["run.safetensors"]


class TestShipped:
    """What ships keeps what its cards promise."""

    @pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
    def test_embedded_digits(self, project, digits, cell):
        shipped = load_checkpoint(project / "models" / f"{cell}.safetensors")
        accuracy = evaluate(shipped.build(), digits).accuracy
        assert accuracy >= 0.95
        card = (project / "models" / f"{cell}.md").read_text(encoding="utf-8")
        assert f"| {accuracy:.2%} |" in card

    @needs_mnist
    @pytest.mark.parametrize("cell", ["gru", "lstm"])
    def test_mnist(self, project, cell):
        shipped = load_checkpoint(project / "models" / f"{cell}.safetensors")
        accuracy = evaluate(shipped.build(), load_dataset("mnist")).accuracy
        assert accuracy >= 0.985
        assert f"| {accuracy:.2%} |" in (project / "models" / f"{cell}.md").read_text(encoding="utf-8")

    def test_all_of_them_stay_small(self, project):
        assert sum(path.stat().st_size for path in (project / "models").iterdir()) < 25_000_000


def test_numbers_that_are_not_finite_are_refused_with_a_sentence(checkpoint, tmp_path):
    path = tmp_path / "run.safetensors"
    with pytest.raises(CheckpointError, match="not all finite"):
        save_checkpoint(replace(checkpoint, metrics={"loss": math.inf}), path)
    assert not path.exists()


def test_a_folder_is_no_file(checkpoint, tmp_path):
    with pytest.raises(CheckpointError, match="is a folder; name a file in it"):
        save_checkpoint(checkpoint, tmp_path)


def test_without_its_optimizer_no_run_goes_on(checkpoint, tmp_path, project):
    save_checkpoint(checkpoint, tmp_path / "run.safetensors")
    assert load_checkpoint(tmp_path / "run.safetensors").snapshot is None
    assert load_resumable(tmp_path / "run.safetensors").snapshot is not None
    with pytest.raises(CheckpointError, match="holds no optimizer state, so its run cannot go on"):
        load_resumable(project / "models" / "lstm.safetensors")
