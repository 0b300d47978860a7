"""Rebuild the networks in `models/` that write what they read in another form: translators, captions, taggers."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from tqdm import tqdm

from seqviz.data.captions import captions
from seqviz.data.dates import dates
from seqviz.data.numbers import numbers
from seqviz.data.tags import tags
from seqviz.data.tasks import Task
from seqviz.machine import cores
from seqviz.networks.build import build_model, parameter_count
from seqviz.networks.objectives import OBJECTIVES
from seqviz.networks.scoring import evaluate
from seqviz.palette import ATTENTION_NAMES, CELL_NAMES
from seqviz.specs import EncoderDecoderSpec, LearnedSpec, TrainSpec
from seqviz.training.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from seqviz.training.events import StepCompleted
from seqviz.training.loop import train
from seqviz.training.recipes import captions_recipe, pairs_recipe, tags_recipe
from seqviz.training.snapshots import Snapshots, half_precision_weights, save_snapshots, snapshot_steps
from seqviz.training.summary import RunSummary

MODELS = Path(__file__).parents[1] / "models"
SNAPSHOTS = 6  # of the network whose attention is shown over training; more would weigh more than all networks together


@dataclass(frozen=True)
class Shipped:
    """What a network is called on its card, what it learns from, and how."""

    title: str
    recipe: Callable[[], tuple[LearnedSpec, TrainSpec]]
    data: Callable[[], Task]


def _longer(recipe: tuple[LearnedSpec, TrainSpec], epochs: int) -> tuple[LearnedSpec, TrainSpec]:
    return recipe[0], replace(recipe[1], epochs=epochs)


NETWORKS = {
    "numbers": Shipped("German numbers in English", lambda: pairs_recipe(numbers()), numbers),
    "numbers-additive": Shipped(
        "German numbers in English, additive attention", lambda: pairs_recipe(numbers(), "additive"), numbers
    ),
    "numbers-plain": Shipped(
        "German numbers in English, without attention", lambda: _longer(pairs_recipe(numbers(), "none"), 10), numbers
    ),
    "dates": Shipped("English dates in ISO form", lambda: pairs_recipe(dates()), dates),
    "captions": Shipped("Pictures of one digit spelled out", lambda: captions_recipe(captions()), captions),
    "captions-two": Shipped(
        "Pictures of two digits spelled out", lambda: _longer(captions_recipe(captions(2)), 15), lambda: captions(2)
    ),
    "tags": Shipped("A tag on every letter of Python, both directions", lambda: _longer(tags_recipe(tags()), 4), tags),
    "tags-forward": Shipped(
        "A tag on every letter of Python, one direction",
        lambda: _longer(tags_recipe(tags(), bidirectional=False), 4),
        tags,
    ),
}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="scripts/pretrain_tasks", description=__doc__)
    parser.add_argument("--only", choices=NETWORKS, help="one of them (default: all)")
    parser.add_argument("--out", type=Path, default=MODELS, help="folder (default: models/)")
    options = parser.parse_args(arguments)
    torch.set_num_threads(cores())
    for name in NETWORKS if options.only is None else (options.only,):
        _pretrain(name, options.out)


def _pretrain(name: str, out: Path) -> None:
    shipped = NETWORKS[name]
    data, (spec, training) = shipped.data(), shipped.recipe()
    model, run = build_model(spec, training.seed), RunSummary(data, training)
    snapshots = {0: half_precision_weights(model)}
    with tqdm(total=run.total, desc=name, unit="step") as bar:
        for event in run.follow(train(model, data, training)):
            if isinstance(event, StepCompleted):
                bar.update()
                if event.step in snapshot_steps(run.total, SNAPSHOTS):
                    snapshots[event.step] = half_precision_weights(model)
    whole = run.checkpoint(spec, data, training)
    assert whole is not None
    keep_small(replace(whole, optimizer={}, settings={}), data, out / f"{name}.safetensors")
    if name == "numbers":
        save_snapshots(Snapshots(spec, snapshots), out / "snapshots" / f"{name}.safetensors")
    card = _card(name, shipped.title, load_checkpoint(out / f"{name}.safetensors"), data)
    (out / f"{name}.md").write_text(card, encoding="utf-8")


def keep_small(whole: Checkpoint, data: Task, path: Path) -> None:
    """Write the weights in half precision, with the scores that they have so."""
    model = whole.build()
    small = half_precision_weights(model)
    model.load_state_dict(small)
    save_checkpoint(replace(whole, weights=small, metrics=evaluate(model, data).metrics), path)


def _card(name: str, title: str, kept: Checkpoint, data: Task) -> str:
    spec, training = kept.model, kept.training
    held_out = sum(map(len, data.test_batches()))
    metrics = OBJECTIVES[data.objective].metrics
    scores = ", ".join(f"{metric.title} {metric.shown(kept.metrics[metric.name])}" for metric in metrics)
    decoder = spec.decoder if isinstance(spec, EncoderDecoderSpec) else None
    layers = decoder.layers if decoder else spec.encoder
    assert layers is not None
    how = ATTENTION_NAMES[decoder.attention] if decoder else "both directions" if layers.bidirectional else "one"
    return f"""# {title}: {CELL_NAMES[layers.cell]}, {layers.hidden_size} units, {how}

| | |
|---|---|
| made for | the page Translation and other shapes |
| learned from | {len(data.train):,} examples of `load_task("{data.name}")` |
| on {held_out:,} held-out ones | {scores} |
| parameters | {parameter_count(spec):,} |
| recipe | {training.optimizer}, one-cycle to {training.learning_rate:g}, batch {training.batch_size}, \
{training.epochs} epochs, seed {training.seed} |
| rebuilt by | `scripts/pretrain_tasks --only {name}` |
"""


if __name__ == "__main__":
    main()
