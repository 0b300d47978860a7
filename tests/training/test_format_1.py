"""Files that the last commit before format 2 wrote: one checkpoint of each kind, halfway through its run.

`format_1/expected.json` says what that commit made of each: the answers of the network, and the losses of the rest of
the run after it was resumed.
"""

import json
from pathlib import Path

import pytest
import torch

from seqviz.data.datasets import load_dataset
from seqviz.data.text import load_text
from seqviz.instruments.trace import trace
from seqviz.networks.build import build_model
from seqviz.training.checkpoints import load_checkpoint, save_checkpoint
from seqviz.training.events import EvalCompleted, StepCompleted
from seqviz.training.loop import train
from seqviz.training.snapshots import load_snapshots
from seqviz.training.summary import RunSummary

FILES = Path(__file__).parent / "format_1"
EXPECTED = json.loads((FILES / "expected.json").read_text(encoding="utf-8"))


def data_of(name: str):
    text = (FILES / "text.txt").read_bytes()
    return load_text(text, name="a small text") if name.endswith("text") else load_dataset("digits")


@pytest.mark.parametrize("name", EXPECTED)
def test_it_answers_as_it_did(name):
    expected, data = EXPECTED[name], data_of(name)
    checkpoint = load_checkpoint(FILES / f"{name}.safetensors")
    model = checkpoint.build()
    x = data.test.inputs[:2] if not name.endswith("text") else model.vocabulary.encode(data.test[:20])[None]
    with torch.no_grad():
        logits = model(x).double().flatten()[:40]
    torch.testing.assert_close(logits, torch.tensor(expected["logits"], dtype=torch.float64), atol=1e-6, rtol=0)
    assert trace(model, x).logits.shape == model(x).shape
    assert (checkpoint.step, checkpoint.total) == (expected["step"], expected["total"])
    assert checkpoint.objective == data.objective
    scores = dict(expected["metrics"])
    assert checkpoint.scored_at == scores.pop("step", 0)
    assert dict(checkpoint.metrics) == scores


@pytest.mark.parametrize("name", EXPECTED)
def test_its_run_goes_on_as_it_would_have(name, tmp_path):
    """From the file itself, and from what it becomes when it is saved anew."""
    expected, data = EXPECTED[name], data_of(name)
    old = load_checkpoint(FILES / f"{name}.safetensors", with_optimizer=True)
    save_checkpoint(old, tmp_path / "new.safetensors")
    for checkpoint in (old, load_checkpoint(tmp_path / "new.safetensors", with_optimizer=True)):
        run = RunSummary(data, checkpoint.training, checkpoint)
        events = []
        for event in train(build_model(checkpoint.model, 1), data, checkpoint.training, resume=checkpoint.snapshot):
            run.add(event)
            events.append(event)
        losses = [event.loss for event in events if isinstance(event, StepCompleted)]
        assert losses == pytest.approx(expected["losses"], abs=1e-5)
        scores = [event.evaluation.loss for event in events if isinstance(event, EvalCompleted)]
        assert scores == pytest.approx(expected["evaluations"], abs=1e-5)
        curve = run.curve.columns()
        assert curve["step"] == [float(step) for step in range(1, expected["total"] + 1)]
        assert curve["accuracy"][: len(old.curve["accuracy"])] == pytest.approx(old.curve["accuracy"])


@pytest.mark.parametrize("name", EXPECTED)
def test_its_snapshots_open(name):
    snapshots = load_snapshots(FILES / "snapshots" / f"{name}.safetensors")
    assert snapshots.steps[:2] == (0, 1)
    assert snapshots.model == load_checkpoint(FILES / f"{name}.safetensors").model
    first = build_model(snapshots.model, load_checkpoint(FILES / f"{name}.safetensors").training.seed)
    for key, tensor in snapshots.build(0).state_dict().items():
        torch.testing.assert_close(tensor, first.state_dict()[key], atol=1e-6, rtol=2**-10)
