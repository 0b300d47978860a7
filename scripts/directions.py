"""Measure `models/directions.json`: planted reviews read in one direction and in two, with the page's own settings."""

import json
from dataclasses import asdict
from pathlib import Path

import torch

from seqviz.data.labelled_texts import load_reviews
from seqviz.experiments.directions import Perplexities, comparison, read_ahead
from seqviz.experiments.race import repeat_race

FILE = Path(__file__).parents[1] / "models" / "directions.json"
SEEDS = 10


def main() -> None:
    torch.set_num_threads(1)  # a small network is not faster with more, and its numbers are the same everywhere
    data = load_reviews("planted")
    specs, training = comparison(data, "lstm")
    *_, accuracies = repeat_race(specs, data, training, range(SEEDS))
    perplexities = [found for found in read_ahead(data, "lstm") if isinstance(found, Perplexities)][-1]
    rounded = {
        name: {step: round(value, 3) for step, value in values.items()} for name, values in perplexities.by_step.items()
    }
    shipped = {"accuracies": accuracies, "perplexities": asdict(Perplexities(rounded, perplexities.total))}
    FILE.write_text(json.dumps(shipped, indent=1) + "\n", encoding="utf-8")
    print(shipped)


if __name__ == "__main__":
    main()
