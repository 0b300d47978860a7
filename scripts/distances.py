"""Measure `models/distances.json`: accuracy against distance for every cell on both tasks, over three seeds."""

import json
from pathlib import Path
from typing import get_args

import torch
from tqdm import tqdm

from seqviz.experiments.distances import Problem, Trials, learn_over_distances, task_models
from seqviz.machine import cores
from seqviz.specs import CELLS

MODELS = Path(__file__).parents[1] / "models"
SEEDS, UNITS, KEEP_BIAS = 3, 48, 3.0


def main() -> None:
    found: dict[str, dict[str, dict[int, list[float]]]] = {}
    torch.set_num_threads(cores())
    for task in get_args(Problem):
        models = task_models(task, CELLS, UNITS)
        found[task] = {cell: {} for cell in CELLS}
        for seed in tqdm(range(SEEDS), desc=task, unit="seed"):
            *_, last = learn_over_distances(task, models, KEEP_BIAS, seed=seed)
            assert isinstance(last, Trials)
            for cell in CELLS:
                for distance, accuracy in last.curve(cell).items():
                    found[task][cell].setdefault(distance, []).append(round(accuracy, 4))
    (MODELS / "distances.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
