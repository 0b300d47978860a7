"""Run the race of `models/race.json`: two heads on the embedded digits, with the settings that its page opens with."""

import json
from pathlib import Path

import torch

from seqviz.data.datasets import load_dataset
from seqviz.experiments.race import Race, race
from seqviz.machine import cores
from seqviz.palette import HEAD_NAMES
from seqviz.specs import HeadKind, ModelSpec, TrainSpec

FILE = Path(__file__).parents[1] / "models" / "race.json"
HEADS: tuple[HeadKind, ...] = ("concat", "last")


def main() -> None:
    specs = {HEAD_NAMES[head]: ModelSpec.classifier("lstm", 64, head=head) for head in HEADS}
    training = TrainSpec(epochs=10, batch_size=32, learning_rate=0.005, schedule="one-cycle")
    torch.set_num_threads(cores())
    *_, found = race(specs, load_dataset("digits"), training)
    assert isinstance(found, Race)
    racers = {}
    for name, racer in found.racers.items():
        assert racer.correct is not None, racer.message
        racers[name] = {
            "spec": racer.spec.to_dict(),
            "curve": {field: [round(value, 5) for value in values] for field, values in racer.curve.items()},
            "seconds": round(racer.seconds, 1),
            "speed": round(racer.examples_per_second),
            "correct": "".join("1" if right else "0" for right in racer.correct.tolist()),
        }
    shipped = {"total": found.total, "training": training.to_dict(), "racers": racers}
    FILE.write_text(json.dumps(shipped) + "\n", encoding="utf-8")
    print({name: racer.accuracy for name, racer in found.racers.items()})


if __name__ == "__main__":
    main()
