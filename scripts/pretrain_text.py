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

from seqviz.data.text import TEXTS, TextData, load_text
from seqviz.networks.build import build_any
from seqviz.networks.language import score_text
from seqviz.palette import CELL_NAMES
from seqviz.specs import CELLS, Cell, LanguageModelSpec, TrainSpec
from seqviz.training.checkpoints import Checkpoint, save_checkpoint
from seqviz.training.curves import Curve
from seqviz.training.devices import training_threads
from seqviz.training.events import EvalCompleted, StepCompleted
from seqviz.training.lessons import total_steps
from seqviz.training.loop import train
from seqviz.training.recipes import text_recipe
from seqviz.training.snapshots import Snapshots, halved, save_snapshots, snapshot_steps

RATES: dict[Cell, float] = {"rnn": 2e-3, "gru": 4e-3, "lstm": 8e-3}
MODELS = Path(__file__).parents[1] / "models"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="scripts/pretrain_text", description=__doc__.splitlines()[0])
    parser.add_argument("--text", choices=TEXTS, nargs="*", default=TEXTS, help="which texts (default: all)")
    parser.add_argument("--cell", choices=CELLS, nargs="*", default=CELLS, help="which small models (default: all)")
    parser.add_argument("--out", type=Path, default=MODELS, help="folder (default: models/)")
    options = parser.parse_args(arguments)
    with training_threads():
        for name in options.text:
            data = load_text(name)
            _pretrain(name, data, *text_recipe(data, shipped=True), options.out, film=True)
        for cell in options.cell:
            data = load_text("python")
            spec, training = text_recipe(data)
            training = replace(training, learning_rate=RATES[cell])
            _pretrain(f"python-{cell}", data, replace(spec, cell=cell), training, options.out)


def _pretrain(
    name: str, data: TextData, spec: LanguageModelSpec, training: TrainSpec, out: Path, *, film: bool = False
) -> None:
    model, started = build_any(spec, training.seed), time.perf_counter()
    steps = total_steps(data, training)
    frames, curve, metrics = {0: halved(model)}, Curve(steps), {}
    with tqdm(total=steps, desc=name, unit="step") as bar:
        for event in train(model, data, training):
            if isinstance(event, StepCompleted):
                bar.update()
                curve.add_step(event)
                if event.step in snapshot_steps(steps):
                    frames[event.step] = halved(model)
            elif isinstance(event, EvalCompleted):
                curve.add_evaluation(event)
                bar.set_postfix(held_out=f"{event.evaluation.loss:.3f} nats")
                scored = event.evaluation
                metrics = {"loss": scored.loss, "accuracy": scored.accuracy, "step": float(event.step)}
    minutes = (time.perf_counter() - started) / 60
    checkpoint = Checkpoint(
        spec,
        model.state_dict(),
        data.name,
        training,
        step=steps,
        total=steps,
        metrics=metrics,
        curve=curve.thinned(),
    )
    save_checkpoint(checkpoint, out / f"{name}.safetensors")
    if film:
        save_snapshots(Snapshots(spec, frames), out / "snapshots" / f"{name}.safetensors")
    (out / f"{name}.md").write_text(_card(name, checkpoint, data, minutes), encoding="utf-8")
    print(f"{name}: {metrics}")


def _card(name: str, checkpoint: Checkpoint, data: TextData, minutes: float) -> str:
    spec, training, loss = checkpoint.model, checkpoint.training, checkpoint.metrics["loss"]
    assert isinstance(spec, LanguageModelSpec)
    *_, learned = score_text(checkpoint.build(), data.vocabulary.encode(data.train[: len(data.test)]))
    what = {
        "python": f"the standard library of Python {platform.python_version()}, modules in plain ASCII "
        "(`seqviz/data/stdlib.py`)",
        "shakespeare": "Tiny Shakespeare (Karpathy 2015), plays of William Shakespeare",
    }[data.name]
    option = f"--text {name} --cell" if name == data.name else f"--text --cell {spec.cell}"
    parameters = sum(tensor.numel() for tensor in checkpoint.weights.values())
    step = f"{training.batch_size} streams, {training.truncate} characters a step"
    return f"""# {data.name.capitalize()}: {CELL_NAMES[spec.cell]}, {spec.hidden_size} units

| | |
|---|---|
| writes | one of {len(spec.vocabulary)} characters after another |
| parameters | {parameters:,} (embedding of {spec.embedding_size}) |
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
