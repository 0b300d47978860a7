"""Train what the Attribution page tests methods on, and write every method's grades to `models/planted.json`.

Three networks (`planted-rnn`, `-gru`, `-lstm`) name the digit that counts among blank rows, noise and one to ignore;
one (`random-labels`) has learned the embedded digits with their labels in random order.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from tqdm import tqdm

from seqviz.data.batch import Batch
from seqviz.data.datasets import SequenceData, load_dataset
from seqviz.data.planted import planted_digits
from seqviz.instruments.attribution import METHODS
from seqviz.instruments.grading import (
    agreement_with_contributions,
    cascading_randomization,
    grade,
    similarity_under_randomization,
)
from seqviz.machine import cores
from seqviz.networks.build import build_model
from seqviz.networks.modifications import Modifications, with_modifications
from seqviz.networks.network import SequenceNetwork
from seqviz.networks.scoring import evaluate
from seqviz.palette import CELL_NAMES
from seqviz.specs import CELLS, Cell, ModelSpec, TrainSpec
from seqviz.training.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from seqviz.training.events import StepCompleted
from seqviz.training.loop import total_steps, train

MODELS = Path(__file__).parents[1] / "models"
UNITS: dict[Cell, int] = {"rnn": 96, "gru": 64, "lstm": 64}
RATES: dict[Cell, float] = {"rnn": 1e-3, "gru": 4e-3, "lstm": 8e-3}
GRADED, RANDOMIZED = 200, 30  # sequences, and digits


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="scripts/planted", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=MODELS, help="folder (default: models/)")
    options = parser.parse_args(arguments)
    torch.set_num_threads(cores())
    planted = planted_digits()
    grades = {}
    for cell in CELLS:
        model = _train_planted(cell, planted.data, options.out)
        *_, found = grade(model, planted.data.test[:GRADED], planted.evidence[:GRADED], METHODS)
        grades[cell] = {method: asdict(one) for method, one in found.items()}
    noise = _train_on_random_labels(options.out)
    digits = load_dataset("digits").test[:RANDOMIZED]
    similarity = {}
    for ink in (False, True):
        for name in ("rnn", "gru", "lstm", "lstm-concat"):
            shipped = load_checkpoint(MODELS / f"{name}.safetensors").build()
            models = dict(cascading_randomization(shipped))
            if name == "gru":
                models["random labels"] = noise
            *_, similarities = similarity_under_randomization(models, digits, METHODS, ink_only=ink)
            key = f"{name} ink" if ink else name
            similarity[key] = {method: dict(one.by_stage) for method, one in similarities.items()}
    concat = load_checkpoint(MODELS / "lstm-concat.safetensors").build()
    *_, agreement = agreement_with_contributions(concat, digits, METHODS)
    content = {
        "graded": GRADED,
        "randomized": RANDOMIZED,
        "grades": grades,
        "similarity": similarity,
        "agreement": agreement,
    }
    (options.out / "planted.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _train_planted(cell: Cell, data: SequenceData, out: Path) -> SequenceNetwork:
    spec = ModelSpec.classifier(cell=cell, input_size=14, hidden_size=UNITS[cell], sequence_length=56)
    run = TrainSpec(epochs=10, batch_size=64, learning_rate=RATES[cell], schedule="one-cycle")
    model = with_modifications(
        build_model(spec), Modifications("orthogonal", memory_gate_bias=0 if cell == "rnn" else 2)
    )
    return _trained(f"planted-{cell}", f"Planted: {CELL_NAMES[cell]}, {UNITS[cell]} units", model, data, run, out)


def _train_on_random_labels(out: Path) -> SequenceNetwork:
    train_split = load_dataset("digits").train
    order = torch.randperm(len(train_split), generator=torch.Generator().manual_seed(0))
    shuffled = Batch(train_split.inputs, train_split.targets[order])
    data = SequenceData("digits-random-labels", shuffled, shuffled)
    run = TrainSpec(epochs=150, batch_size=64, learning_rate=4e-3, schedule="one-cycle", eval_every=10**6)
    model = build_model(ModelSpec.classifier("gru", 128), seed=7)  # the shipped GRU began from 0
    return _trained("random-labels", "Random labels: GRU, 128 units", model, data, run, out)


def _trained(
    name: str, title: str, model: SequenceNetwork, data: SequenceData, run: TrainSpec, out: Path
) -> SequenceNetwork:
    steps = total_steps(data, run)
    with tqdm(total=steps, desc=name, unit="step") as bar:
        for event in train(model, data, run):
            bar.update(isinstance(event, StepCompleted))
    score = evaluate(model, data).accuracy
    checkpoint = Checkpoint(
        model.spec, model.state_dict(), data.name, run, step=steps, total=steps, metrics={"accuracy": score}
    )
    save_checkpoint(checkpoint, out / f"{name}.safetensors")
    what = {
        "planted": "1,000 planted sequences of test digits that it has not seen",
        "digits-random-labels": "the 1,437 digits with the random labels that it has learned by heart",
    }[data.name]
    card = f"""# {title}

| | |
|---|---|
| made for | testing methods of attribution (`seqviz/instruments/grading.py`) |
| accuracy on {what} | {score:.2%} |
| recipe | Adam, one-cycle to {run.learning_rate:g}, batch {run.batch_size}, {run.epochs} epochs, seed {run.seed} |
| rebuilt by | `scripts/planted` |
"""
    (out / f"{name}.md").write_text(card, encoding="utf-8")
    return model.eval()


if __name__ == "__main__":
    main()
