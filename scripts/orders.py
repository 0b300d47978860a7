"""Measure `models/orders.json`: networks with and without a memory on digits read in several ways, over three seeds."""

import json
from pathlib import Path

import torch
from tqdm import tqdm

from seqviz.data.datasets import load_dataset
from seqviz.experiments.row_orders import race_on_row_orders
from seqviz.machine import cores

FILE = Path(__file__).parents[1] / "models" / "orders.json"
SEEDS = 3


def main() -> None:
    data, found = load_dataset("digits"), []
    torch.set_num_threads(cores())
    for seed in tqdm(range(SEEDS), unit="seed"):
        *_, last = race_on_row_orders(data, seed)
        assert isinstance(last, dict)
        found.append(last)
    seeds = {
        name: {order: [_short(one[name][order]) for one in found] for order in found[0][name]} for name in found[0]
    }
    FILE.write_text(json.dumps(seeds, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(seeds))


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


if __name__ == "__main__":
    main()
