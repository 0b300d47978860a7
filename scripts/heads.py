"""Measure `models/heads.json`: concat against last on MNIST at the seed documents' sizes, cell by cell, over seeds.

Two layers of 256 units, two epochs, batch 64, Adam 1e-3. Both heads of a seed begin with the same recurrent weights and
see the same batches in the same order. What is measured already is kept: a run that was interrupted goes on.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from seqviz.data.datasets import SequenceData, load_dataset
from seqviz.machine import cores
from seqviz.networks.build import build_model
from seqviz.specs import CELLS, Cell, HeadKind, ModelSpec, TrainSpec
from seqviz.training.loop import train
from seqviz.training.summary import RunSummary

FILE = Path(__file__).parents[1] / "models" / "heads.json"
HEADS: tuple[HeadKind, ...] = ("last", "concat")
RECIPE = TrainSpec(epochs=2, batch_size=64, learning_rate=1e-3, clip=None)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="scripts/heads", description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5, help="how many (default: 5)")
    parser.add_argument("--out", type=Path, default=FILE, help="file (default: models/heads.json)")
    options = parser.parse_args(arguments)
    found = json.loads(options.out.read_text(encoding="utf-8")) if options.out.exists() else {}
    data = load_dataset("mnist")
    torch.set_num_threads(cores())
    for seed in range(options.seeds):
        for cell in CELLS:
            for head in HEADS:
                runs = found.setdefault(cell, {}).setdefault(head, [])
                if seed < len(runs):
                    continue
                runs.append(_run(cell, head, seed, data))
                options.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
                print(cell, head, seed, runs[-1], flush=True)


def _run(cell: Cell, head: HeadKind, seed: int, data: SequenceData) -> float:
    spec = ModelSpec.classifier(cell=cell, hidden_size=256, num_layers=2, head=head)
    recipe = replace(RECIPE, seed=seed)
    run = RunSummary(data, recipe)
    for event in train(build_model(spec, seed), data, recipe):
        run.add(event)
    return round(run.metrics["accuracy"], 4)


if __name__ == "__main__":
    main()
