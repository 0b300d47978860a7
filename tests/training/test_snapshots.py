"""Snapshots of a run: which steps, half precision, and files that are not what they say."""

from itertools import pairwise

import pytest
import torch

from seqviz.errors import CheckpointError
from seqviz.networks.build import build_model
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.training.checkpoints import Checkpoint, save_checkpoint
from seqviz.training.snapshots import Snapshots, half_precision_weights, load_snapshots, save_snapshots, snapshot_steps


@pytest.mark.parametrize("total", [1, 2, 7, 100, 11_180, 10**6])
def test_steps_are_log_spaced_from_none_to_all(total):
    steps = snapshot_steps(total)
    assert steps[:2] == (0, 1)
    assert steps[-1] == total
    assert len(steps) <= 10
    ratios = [after / before for before, after in pairwise(steps[1:])]
    assert not ratios or max(ratios) / total ** (1 / 8) < 2.1


def test_weights_come_back_to_half_precision(tmp_path):
    models = {step: build_model(ModelSpec.classifier("gru", 5), seed=step) for step in (0, 10)}
    path = tmp_path / "snapshots" / "run.safetensors"
    save_snapshots(
        Snapshots(models[0].spec, {step: half_precision_weights(model) for step, model in models.items()}), path
    )
    found = load_snapshots(path)
    assert found.steps == (0, 10)
    for name, tensor in found.build(10).state_dict().items():
        torch.testing.assert_close(tensor, models[10].state_dict()[name], atol=0, rtol=2**-10)


def test_a_missing_file_is_none_and_a_wrong_one_an_error(tmp_path):
    assert load_snapshots(tmp_path / "none.safetensors") is None
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"\x10" * 40)
    with pytest.raises(CheckpointError, match=r"broken\.safetensors are damaged"):
        load_snapshots(broken)
    model = build_model(ModelSpec.classifier("gru", 5))
    other = tmp_path / "other.safetensors"
    save_checkpoint(Checkpoint(model.spec, model.state_dict(), "digits", TrainSpec()), other)
    with pytest.raises(CheckpointError, match="holds no snapshots"):
        load_snapshots(other)
    wrong = tmp_path / "wrong.safetensors"
    save_snapshots(Snapshots(ModelSpec.classifier("gru", 6), {0: half_precision_weights(model)}), wrong)
    with pytest.raises(CheckpointError, match="do not fit"):
        load_snapshots(wrong)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_what_ships_ends_at_the_shipped_network(project, cell):
    from seqviz.training.checkpoints import load_checkpoint

    snapshots = load_snapshots(project / "models" / "snapshots" / f"{cell}.safetensors")
    checkpoint = load_checkpoint(project / "models" / f"{cell}.safetensors")
    assert len(snapshots.steps) == 10
    assert snapshots.steps[-1] == checkpoint.step
    for name, tensor in snapshots.build(snapshots.steps[-1]).state_dict().items():
        torch.testing.assert_close(tensor, checkpoint.weights[name], atol=1e-7, rtol=2**-10)


def test_all_that_ships_stays_small(project):
    assert sum(file.stat().st_size for file in (project / "models").rglob("*") if file.is_file()) < 34e6
