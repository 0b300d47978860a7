"""`python -m seqviz` does what the page does."""

import subprocess
import sys

import pytest

from seqviz.__main__ import main
from seqviz.training import load_checkpoint


def test_train_saves_a_checkpoint_that_opens(tmp_path, capsys):
    out = tmp_path / "gru.safetensors"
    small = ["--cell", "gru", "--head", "last", "--hidden-size", "8", "--epochs", "1", "--batch-size", "200"]
    assert main(["train", *small, "--clip", "0", "--out", str(out)]) == 0
    saved = load_checkpoint(out, with_optimizer=True)
    assert (saved.model.cell, saved.model.head, saved.model.hidden_size) == ("gru", "last", 8)
    assert (saved.training.clip, saved.training.batch_size, saved.status) == (None, 200, "finished")
    assert len(saved.curve["step"]) == saved.step == 8
    printed = capsys.readouterr().out
    assert "8 steps on" in printed
    assert f"saved to {out}" in printed


def test_what_cannot_be_is_one_sentence(tmp_path, capsys):
    assert main(["train", "--hidden-size", "-1", "--out", str(tmp_path / "x")]) == 1
    assert capsys.readouterr().err.startswith("seqviz: hidden_size is -1")


def test_missing_data_is_one_sentence(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("SEQVIZ_DATA", str(tmp_path))
    assert main(["train", "--data", "mnist", "--out", str(tmp_path / "x")]) == 1
    assert "MNIST is not in" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"]])
def test_help(arguments, project):
    command = [sys.executable, "-m", "seqviz", *arguments]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=True)
    assert "train" in done.stdout
