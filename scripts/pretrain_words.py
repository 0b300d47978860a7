"""Rebuild the networks in `models/` that read words: one of what people wrote, two of the planted reviews."""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from tqdm import tqdm

from seqviz.data.labelled_texts import LabelledTexts, load_reviews
from seqviz.experiments.word_counts import counting_words
from seqviz.machine import cores
from seqviz.networks.build import build_model
from seqviz.palette import CELL_NAMES
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.training.checkpoints import save_checkpoint
from seqviz.training.events import StepCompleted
from seqviz.training.loop import train
from seqviz.training.recipes import words_recipe
from seqviz.training.snapshots import Snapshots, half_precision_weights, save_snapshots, snapshot_steps
from seqviz.training.summary import RunSummary

MODELS = Path(__file__).parents[1] / "models"
NAMES = ("words", "words-planted-lstm", "words-planted-rnn")
TITLES = {"planted": "Planted reviews", "reviews": "Reviews that people wrote"}
SOURCES = {
    "planted": "reviews that a small grammar has written (`seqviz/data/reviews.py`)",
    "reviews": "sentences that people wrote (`seqviz/data/sentiment.py`); a tenth was held out, by chance",
}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="scripts/pretrain_words", description=__doc__)
    parser.add_argument("--only", choices=NAMES, help="one of them (default: all)")
    parser.add_argument("--out", type=Path, default=MODELS, help="folder (default: models/)")
    options = parser.parse_args(arguments)
    torch.set_num_threads(cores())
    for name in NAMES if options.only is None else (options.only,):
        _pretrain(name, options.out)


def _pretrain(name: str, out: Path) -> None:
    data = load_reviews("reviews" if name == "words" else "planted")
    spec, training = words_recipe(data)
    if name == "words-planted-rnn":  # without gates, the recipe's rate is too high
        spec = replace(spec, encoder=replace(spec.encoder, cell="rnn"))
        training = replace(training, epochs=40, learning_rate=1e-3)
    _train(name, spec, training, data, out)


def _train(name: str, spec: ModelSpec, training: TrainSpec, data: LabelledTexts, out: Path) -> None:
    model, run = build_model(spec, training.seed), RunSummary(data, training)
    snapshots = {0: half_precision_weights(model)}
    with tqdm(total=run.total, desc=name, unit="step") as bar:
        for event in run.follow(train(model, data, training)):
            if isinstance(event, StepCompleted):
                bar.update()
                if event.step in snapshot_steps(run.total):
                    snapshots[event.step] = half_precision_weights(model)
    whole = run.checkpoint(spec, data, training)
    assert whole is not None
    save_checkpoint(replace(whole, optimizer={}, settings={}), out / f"{name}.safetensors")
    beside = "; ".join(f"{what} {share:.1%}" for what, share in _baselines(data).items())
    if data.name == "planted":  # the vectors of 8,000 words are too much to ship ten times
        save_snapshots(Snapshots(spec, snapshots), out / "snapshots" / f"{name}.safetensors")
    cell = CELL_NAMES[spec.encoder.cell]
    card = f"""# {TITLES[data.name]}: {cell}, {spec.encoder.hidden_size} units in each direction

| | |
|---|---|
| made for | reading word by word, in both directions (`seqviz/instruments/word_reading.py`) |
| learned from | {len(data.train):,} {SOURCES[data.name]} |
| accuracy on {len(data.test):,} others | {run.metrics["accuracy"]:.1%} |
| beside it | {beside} |
| recipe | {training.optimizer}, one-cycle to {training.learning_rate:g}, batch {training.batch_size}, \
{training.epochs} epochs, bucketed by length, word dropout {training.word_dropout:g}, \
weight decay {training.weight_decay:g}, seed {training.seed} |
| rebuilt by | `scripts/pretrain_words` |
"""
    (out / f"{name}.md").write_text(card, encoding="utf-8")


def _baselines(data: LabelledTexts) -> dict[str, float]:
    """What a network has to beat: the more frequent class, and logistic regression on words, and on pairs of them."""
    positive = sum(data.test_labels) / len(data.test)
    found = {"the more frequent class": max(positive, 1 - positive)}
    for most, what in ((1, "logistic regression on words"), (2, "and on pairs of words")):
        found[what] = counting_words(data, most)
    return found


if __name__ == "__main__":
    main()
