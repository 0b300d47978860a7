"""The same digits read another way: which networks notice, and which cannot read them at all."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal, get_args

import torch

from seqviz.data import BlankRows, BottomUp, Columns, PermutedRows, SequenceData, Transform
from seqviz.errors import InputError
from seqviz.networks import Baseline, BaselineSpec, SequenceClassifier, correct
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.training.race import AnySpec, build, race

Reading = Literal["plain", "bottom-up", "columns", "permuted", "blank", "short"]
READINGS: tuple[Reading, ...] = get_args(Reading)
BLANK, SHORT, HIDDEN = 20, 20, 64
CONTESTANTS: dict[str, AnySpec] = {
    "LSTM, last row": ModelSpec(cell="lstm", hidden_size=HIDDEN, head="last"),
    "LSTM, all rows": ModelSpec(cell="lstm", hidden_size=HIDDEN, head="concat"),
    "small CNN": BaselineSpec("cnn", HIDDEN),
    "bag of rows": BaselineSpec("bag", HIDDEN),
}
TRAINING = TrainSpec(epochs=10, batch_size=32, learning_rate=5e-3, schedule="one-cycle")
_TRANSFORMS: dict[Reading, tuple[Transform, ...]] = {
    "plain": (),
    "bottom-up": (BottomUp(),),
    "columns": (Columns(),),
    "permuted": (PermutedRows(),),
    "blank": (BlankRows(BLANK),),
}


def race_on_readings(
    data: SequenceData, seed: int = 0, training: TrainSpec = TRAINING
) -> Iterator[float | dict[str, dict[str, float | None]]]:
    """Train every contestant on every reading; yields the share done and the accuracies so far.

    "short" is not trained: the networks of "plain" are given the first 20 rows. None: the network cannot read that.
    """
    found: dict[str, dict[str, float | None]] = {name: {} for name in CONTESTANTS}
    for number, (reading, transforms) in enumerate(_TRANSFORMS.items()):
        seen = data.transformed(*transforms)
        specs = {name: _fitting(spec, seen) for name, spec in CONTESTANTS.items()}
        for item in race(specs, seen, replace(training, seed=seed)):
            if isinstance(item, float):
                yield (number + item) / len(_TRANSFORMS)
                continue
            last = item
        for name, racer in last.racers.items():
            found[name][reading] = racer.accuracy
            if reading == "plain" and racer.weights is not None:
                model = build(racer.spec, seed)
                model.load_state_dict(dict(racer.weights))
                found[name]["short"] = _short(model, data)
        yield {name: dict(accuracies) for name, accuracies in found.items()}


def _short(model: SequenceClassifier | Baseline, data: SequenceData) -> float | None:
    x = data.test.sequences[:, :SHORT]
    try:
        model.check(x)
    except InputError:
        return None
    with torch.no_grad():
        return float(correct(model.eval()(x), data.test.labels).float().mean())


def _fitting(spec: AnySpec, data: SequenceData) -> AnySpec:
    return replace(spec, sequence_length=data.test.sequences.shape[1]) if isinstance(spec, ModelSpec) else spec
