"""Rebuild the networks in `models/` that read words: two that have learned the planted reviews."""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from tqdm import tqdm

from seqviz.data.labelled_texts import LabelledTexts, load_reviews
from seqviz.machine import cores
from seqviz.networks.build import build_model
from seqviz.palette import CELL_NAMES
from seqviz.specs import Cell, ModelSpec, TrainSpec
from seqviz.training.checkpoints import save_checkpoint
from seqviz.training.events import StepCompleted
from seqviz.training.loop import train
from seqviz.training.recipes import words_recipe
from seqviz.training.summary import RunSummary

MODELS = Path(__file__).parents[1] / "models"
RNN = {"epochs": 40, "learning_rate": 1e-3}
"""The recipe's rate is too high for a network without gates, which learns more slowly."""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="scripts/pretrain_words", description=__doc__)
    parser.add_argument("--out", type=Path, default=MODELS, help="folder (default: models/)")
    out = parser.parse_args(arguments).out
    torch.set_num_threads(cores())
    data = load_reviews("planted")
    spec, training = words_recipe(data)
    baselines = _baselines(data)
    for cell, recipe in (("lstm", training), ("rnn", replace(training, **RNN))):
        _pretrain(cell, replace(spec, encoder=replace(spec.encoder, cell=cell)), recipe, data, baselines, out)


def _pretrain(
    cell: Cell, spec: ModelSpec, training: TrainSpec, data: LabelledTexts, baselines: dict[str, float], out: Path
) -> None:
    name, model, run = f"words-planted-{cell}", build_model(spec, training.seed), RunSummary(data, training)
    with tqdm(total=run.total, desc=name, unit="step") as bar:
        for event in run.follow(train(model, data, training)):
            bar.update(isinstance(event, StepCompleted))
    whole = run.checkpoint(spec, data, training)
    assert whole is not None
    save_checkpoint(replace(whole, optimizer={}, settings={}), out / f"{name}.safetensors")
    beside = "; ".join(f"{what} {share:.1%}" for what, share in baselines.items())
    card = f"""# Planted reviews: {CELL_NAMES[cell]}, {spec.encoder.hidden_size} units in each direction

| | |
|---|---|
| made for | reading word by word, in both directions (`seqviz/instruments/word_reading.py`) |
| learned from | {len(data.train):,} reviews that a small grammar has written (`seqviz/data/reviews.py`) |
| accuracy on {len(data.test)} others | {run.metrics["accuracy"]:.1%} |
| beside it | {beside} |
| recipe | Adam, one-cycle to {training.learning_rate:g}, batch {training.batch_size}, {training.epochs} epochs, \
bucketed by length, seed {training.seed} |
| rebuilt by | `scripts/pretrain_words` |
"""
    (out / f"{name}.md").write_text(card, encoding="utf-8")


def _baselines(data: LabelledTexts) -> dict[str, float]:
    """What a network has to beat: the more frequent class, and logistic regression on words, and on pairs of them."""
    positive = sum(data.test_labels) / len(data.test)
    found = {"the more frequent class": max(positive, 1 - positive)}
    for most, what in ((1, "logistic regression on words"), (2, "and on pairs of words")):
        counter = CountVectorizer(ngram_range=(1, most), tokenizer=str.split, token_pattern=None)
        model = LogisticRegression(max_iter=2000)
        model.fit(counter.fit_transform(map(" ".join, data.train)), data.train_labels)
        found[what] = model.score(counter.transform(map(" ".join, data.test)), data.test_labels)
    return found


if __name__ == "__main__":
    main()
