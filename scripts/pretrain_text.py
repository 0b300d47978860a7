"""Rebuild the character models in `models/`: one writes Shakespeare, one Python, and three small ones compare cells.

Needs Tiny Shakespeare (`SEQVIZ_DATA`, or the Sampling page's download once). Python's own source is always there; the
shipped model has learned from that of Python 3.11.
"""

import argparse
import math
import platform
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from tqdm import tqdm

from seqviz.data.names import TEXTS
from seqviz.data.text import TextData, load_text
from seqviz.instruments.text_statistics import HashedWords, words_of
from seqviz.machine import cores
from seqviz.networks.build import build_model
from seqviz.networks.scoring import evaluate
from seqviz.palette import CELL_NAMES
from seqviz.specs import CELLS, Cell, ModelSpec, TrainSpec
from seqviz.training.checkpoints import Checkpoint, save_checkpoint
from seqviz.training.events import StepCompleted
from seqviz.training.loop import train
from seqviz.training.recipes import text_recipe
from seqviz.training.snapshots import Snapshots, half_precision_weights, save_snapshots, snapshot_steps
from seqviz.training.summary import RunSummary

RATES: dict[Cell, float] = {"rnn": 2e-3, "gru": 4e-3, "lstm": 8e-3}
MODELS = Path(__file__).parents[1] / "models"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="scripts/pretrain_text", description=__doc__.splitlines()[0])
    parser.add_argument("--text", choices=TEXTS, nargs="*", default=TEXTS, help="which texts (default: all)")
    parser.add_argument("--cell", choices=CELLS, nargs="*", default=CELLS, help="which small models (default: all)")
    parser.add_argument("--out", type=Path, default=MODELS, help="folder (default: models/)")
    options = parser.parse_args(arguments)
    torch.set_num_threads(cores())
    for name in options.text:
        data = load_text(name)
        _pretrain(name, data, *text_recipe(data, shipped=True), options.out, with_snapshots=True)
        if name != "python":  # the one text that is on every machine
            words = HashedWords.of(words_of(data.train))
            (options.out / f"{name}.words").write_bytes(words.to_bytes())
    for cell in options.cell:
        data = load_text("python")
        spec, training = text_recipe(data)
        training = replace(training, learning_rate=RATES[cell])
        _pretrain(
            f"python-{cell}", data, replace(spec, encoder=replace(spec.encoder, cell=cell)), training, options.out
        )


def _pretrain(
    name: str, data: TextData, spec: ModelSpec, training: TrainSpec, out: Path, *, with_snapshots: bool = False
) -> None:
    model, started = build_model(spec, training.seed), time.perf_counter()
    run = RunSummary(data, training)
    frames = {0: half_precision_weights(model)}
    with tqdm(total=run.total, desc=name, unit="step") as bar:
        for event in run.follow(train(model, data, training)):
            if isinstance(event, StepCompleted):
                bar.update()
                if event.step in snapshot_steps(run.total):
                    frames[event.step] = half_precision_weights(model)
            bar.set_postfix({"held out": f"{run.metrics.get('loss', math.nan):.3f} nats"}, refresh=False)
    minutes = (time.perf_counter() - started) / 60
    whole = run.checkpoint(spec, data, training)
    assert whole is not None
    checkpoint = replace(whole, optimizer={}, settings={}, carried={})  # what ships is not trained on
    save_checkpoint(checkpoint, out / f"{name}.safetensors")
    if with_snapshots:
        save_snapshots(Snapshots(spec, frames), out / "snapshots" / f"{name}.safetensors")
    (out / f"{name}.md").write_text(_card(name, checkpoint, data, minutes), encoding="utf-8")
    print(f"{name}: {dict(run.metrics)}")


def _card(name: str, checkpoint: Checkpoint, data: TextData, minutes: float) -> str:
    spec, training, loss = checkpoint.model, checkpoint.training, checkpoint.metrics["loss"]
    learned = evaluate(checkpoint.build(), replace(data, test=data.train[: len(data.test)]))
    what = {
        "python": f"the standard library of Python {platform.python_version()}, modules in plain ASCII "
        "(`seqviz/data/stdlib.py`)",
        "shakespeare": "Tiny Shakespeare (Karpathy 2015), plays of William Shakespeare",
    }[data.name]
    option = f"--text {name} --cell" if name == data.name else f"--text --cell {spec.encoder.cell}"
    parameters = sum(tensor.numel() for tensor in checkpoint.weights.values())
    step = f"{training.batch_size} streams, {training.truncate} characters a step"
    return f"""# {data.name.capitalize()}: {CELL_NAMES[spec.encoder.cell]}, {spec.encoder.hidden_size} units

| | |
|---|---|
| writes | one of {spec.head.outputs} characters after another |
| parameters | {parameters:,} (embedding of {spec.input.size}) |
| loss on the held-out tenth | {loss:.3f} nats, {loss / math.log(2):.3f} bits a character |
| next character right, held out | {checkpoint.metrics["accuracy"]:.2%} |
| loss on as much of what it learned from | {learned.loss:.3f} nats a character |
| training data | {what}: {len(data.train):,} characters to learn from, {len(data.test):,} held out |
| recipe | AdamW, one-cycle to {training.learning_rate:g}, {step}, \
clip {training.clip:g}, {training.epochs} epochs, seed {training.seed} |
| rebuilt by | `scripts/pretrain_text {option}`, {minutes:.0f} minutes \
on {torch.get_num_threads()} thread(s) |

It knows which character tends to follow which others, and nothing else: what it writes may be fluent and means nothing.
"""


if __name__ == "__main__":
    main()
