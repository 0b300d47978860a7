"""Checkpoints on the way: what a kill loses is bounded in time, and so is what they cost."""

import time
from dataclasses import replace

from seqviz.networks.build import build_model
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.training.autosave import Autosave
from seqviz.training.checkpoints import load_resumable, read_description
from seqviz.training.events import StepCompleted
from seqviz.training.loop import train
from seqviz.training.summary import RunSummary

SPEC = ModelSpec.classifier("gru", 8)
TRAINING = TrainSpec(epochs=40, batch_size=16, device="cpu", eval_every=10**6)


def test_a_run_without_evaluations_is_saved_by_the_clock(few, tmp_path):
    """On the commit before, a run that was killed in its first epoch had lost all of it."""
    path = tmp_path / "run.safetensors"
    autosave, run = Autosave(path, every=0.02, share=1.0), RunSummary(few, TRAINING)
    model = build_model(SPEC)
    for event in run.follow(train(model, few, TRAINING, snapshot=autosave.due)):
        if autosave.wants(event):
            autosave.save(run.checkpoint(SPEC, few, TRAINING))
        if isinstance(event, StepCompleted) and read_description(path).step > 5:
            break
    saved = load_resumable(path)
    rest = list(train(build_model(SPEC), few, TRAINING, resume=saved.snapshot))
    whole = list(train(build_model(SPEC), few, TRAINING))
    losses = [[event.loss for event in events if isinstance(event, StepCompleted)] for events in (rest, whole)]
    assert losses[0] == losses[1][saved.step :]


def test_checkpoints_keep_their_share_of_the_time(few, tmp_path):
    """An evaluation after every step: each checkpoint waits until those before it have their share of the time."""
    training = replace(TRAINING, epochs=20, eval_every=1)
    share = 0.2  # of a run that is over in a second
    autosave, run = Autosave(tmp_path / "run.safetensors", share=share), RunSummary(few, training)
    times = []
    for event in run.follow(train(build_model(SPEC), few, training, snapshot=autosave.due)):
        if run.status == "running" and autosave.wants(event):
            times.append((autosave.seconds, time.monotonic()))
            autosave.save(run.checkpoint(SPEC, few, training))
    assert 1 < len(times) < run.total, "some are written, some are passed over"
    (_, first), (spent, last) = times[0], times[-1]
    assert spent <= share * (last - first) + share * spent
