"""Measure `models/orders.json`: networks with and without a memory on digits read in several ways, over three seeds."""

import json
from pathlib import Path

from tqdm import tqdm

from seqviz.data import load_dataset
from seqviz.training import race_on_readings, training_threads

FILE = Path(__file__).parents[1] / "models" / "orders.json"
SEEDS = 3


def main() -> None:
    data, found = load_dataset("digits"), []
    with training_threads():
        for seed in tqdm(range(SEEDS), unit="seed"):
            *_, last = race_on_readings(data, seed)
            assert isinstance(last, dict)
            found.append(last)
    means = {
        name: {reading: _mean([one[name][reading] for one in found]) for reading in found[0][name]} for name in found[0]
    }
    FILE.write_text(json.dumps(means, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(means))


def _mean(values: list[float | None]) -> float | None:
    there = [value for value in values if value is not None]
    return round(sum(there) / len(there), 4) if there else None


if __name__ == "__main__":
    main()
