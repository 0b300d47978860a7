"""Rebuild the checkpoints in `models/`: an RNN, a GRU and an LSTM with one layer of 128 units and the last head.

Training data: MNIST's training set, and the embedded digits' training split eight times over, both augmented afresh for
every batch. Needs MNIST (`SEQVIZ_DATA`, or `python -m seqviz train --data mnist --download` once). Beside them goes
`example.safetensors`, the run that the Train page opens with.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from tqdm import tqdm

from seqviz.__main__ import main as seqviz
from seqviz.data.augment import augment_digits
from seqviz.data.batch import Batch
from seqviz.data.datasets import SequenceData, load_dataset
from seqviz.machine import cores
from seqviz.networks.build import build_model, parameter_counts
from seqviz.networks.scoring import evaluate
from seqviz.palette import CELL_NAMES
from seqviz.specs import CELLS, CLASSIFIER_HEADS, Cell, HeadKind, ModelSpec, TrainSpec
from seqviz.training.checkpoints import Checkpoint, save_checkpoint
from seqviz.training.events import StepCompleted
from seqviz.training.loop import total_steps, train
from seqviz.training.snapshots import Snapshots, half_precision_weights, save_snapshots, snapshot_steps

MODELS = Path(__file__).parents[1] / "models"
REPEATS = 8  # of the 1,437 embedded digits beside MNIST's 60,000
EPOCHS = 20
RATES: dict[Cell, float] = {"rnn": 1.5e-3, "gru": 4e-3, "lstm": 8e-3}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="scripts/pretrain", description=__doc__.splitlines()[0])
    parser.add_argument("--cell", choices=CELLS, nargs="+", default=CELLS, help="which networks (default: all)")
    parser.add_argument(
        "--head", choices=CLASSIFIER_HEADS, nargs="+", default=("last",), help="which heads (default: last)"
    )
    parser.add_argument("--epochs", type=int, default=EPOCHS, help=f"passes over the data (default: {EPOCHS})")
    parser.add_argument("--out", type=Path, default=MODELS, help="folder (default: models/)")
    options = parser.parse_args(arguments)
    seqviz(["train", "--data", "digits", "--out", str(options.out / "example.safetensors")])
    mnist, digits = load_dataset("mnist"), load_dataset("digits")
    torch.set_num_threads(cores())
    for cell in options.cell:
        for head in options.head:
            _pretrain(cell, head, options.epochs, mnist, digits, options.out)


def _pretrain(cell: Cell, head: HeadKind, epochs: int, mnist: SequenceData, digits: SequenceData, out: Path) -> None:
    spec = ModelSpec.classifier(cell=cell, hidden_size=128, head=head)
    name = cell if head == "last" else f"{cell}-{head}"
    training = TrainSpec(epochs=epochs, batch_size=128, learning_rate=RATES[cell], schedule="one-cycle", seed=0)
    data = SequenceData(
        "mnist+digits",
        train=Batch(
            torch.cat([mnist.train.inputs, digits.train.inputs.repeat(REPEATS, 1, 1)]),
            torch.cat([mnist.train.targets, digits.train.targets.repeat(REPEATS)]),
        ),
        test=digits.test,
    )
    model, started = build_model(spec, training.seed), time.perf_counter()
    steps = total_steps(data, training)
    snapshots = {0: half_precision_weights(model)}
    with tqdm(total=steps, desc=CELL_NAMES[cell], unit="step") as bar:
        for event in train(model, data, training, augment=augment_digits):
            if isinstance(event, StepCompleted):
                bar.update()
                if event.step in snapshot_steps(steps):
                    snapshots[event.step] = half_precision_weights(model)
                if event.step % 50 == 0:
                    bar.set_postfix(loss=f"{event.loss:.3f}")
    minutes = (time.perf_counter() - started) / 60
    metrics = {
        "mnist_test_accuracy": evaluate(model, mnist).accuracy,
        "digits_test_accuracy": evaluate(model, digits).accuracy,
    }
    checkpoint = Checkpoint(spec, model.state_dict(), data.name, training, step=steps, total=steps, metrics=metrics)
    save_checkpoint(checkpoint, out / f"{name}.safetensors")
    save_snapshots(Snapshots(spec, snapshots), out / "snapshots" / f"{name}.safetensors")
    (out / f"{name}.md").write_text(_card(checkpoint, minutes), encoding="utf-8")
    print(f"{CELL_NAMES[cell]}: {metrics}")


def _card(checkpoint: Checkpoint, minutes: float) -> str:
    spec, training, metrics = checkpoint.model, checkpoint.training, checkpoint.metrics
    return f"""# {CELL_NAMES[spec.encoder.cell]}, {spec.encoder.hidden_size} units, {spec.head.kind} head

| | |
|---|---|
| reads | 28 rows of 28 pixels, from the top |
| parameters | {parameter_counts(spec).total:,} |
| accuracy on MNIST's 10,000 test digits | {metrics["mnist_test_accuracy"]:.2%} |
| accuracy on the 360 embedded test digits | {metrics["digits_test_accuracy"]:.2%} |
| training data | MNIST's 60,000 training digits and 1,437 embedded digits {REPEATS} times over, augmented |
| augmentation | rotation, scale, shear, shift, stroke width (`seqviz/data/augment.py`) |
| recipe | Adam, one-cycle to {training.learning_rate:g}, batch {training.batch_size}, clip {training.clip:g}, \
{training.epochs} epochs, seed {training.seed} |
| rebuilt by | `scripts/pretrain --cell {spec.encoder.cell} --head {spec.head.kind}`, {minutes:.0f} minutes \
on {torch.get_num_threads()} thread(s) |

It knows centred white digits on black and nothing else: asked about a letter or an empty image, it still names a digit.
"""


if __name__ == "__main__":
    main()
