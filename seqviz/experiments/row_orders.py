"""The same digits read another way: which networks notice, and which cannot read them at all."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal, get_args

import torch
from torch import Tensor

from seqviz.data.datasets import SequenceData
from seqviz.data.transforms import BlankRows, BottomUp, Columns, PermutedRows, Transform
from seqviz.errors import InputError
from seqviz.experiments.race import RacerSpec, race
from seqviz.networks.baselines import Baseline, BaselineSpec
from seqviz.networks.build import build_any
from seqviz.networks.classifier import SequenceClassifier
from seqviz.networks.objective import correct
from seqviz.specs import ModelSpec, TrainSpec

Reading = Literal["plain", "bottom-up", "columns", "permuted", "blank", "short", "scrambled"]
READINGS: tuple[Reading, ...] = get_args(Reading)
BLANK, SHORT, HIDDEN = 20, 20, 64
CONTESTANTS: dict[str, RacerSpec] = {
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
TRAINED = tuple(_TRANSFORMS)


def race_on_readings(
    data: SequenceData, seed: int = 0, training: TrainSpec = TRAINING, readings: Sequence[Reading] = ()
) -> Iterator[float | dict[str, dict[str, float | None]]]:
    """Train every contestant on every reading, or on those named; yields the share done and the accuracies so far.

    "short" and "scrambled" are not trained: the networks of "plain" are given the first 20 rows, or rows in another
    order. None: the network cannot read that, or its run diverged.
    """
    found: dict[str, dict[str, float | None]] = {name: {} for name in CONTESTANTS}
    wanted = [reading for reading in TRAINED if reading in (readings or TRAINED)]
    for number, reading in enumerate(wanted):
        seen = data.transformed(*_TRANSFORMS[reading])
        specs = {name: _fitting(spec, seen) for name, spec in CONTESTANTS.items()}
        for item in race(specs, seen, replace(training, seed=seed)):
            if isinstance(item, float):
                yield (number + item) / len(wanted)
                continue
            last = item
        for name, racer in last.racers.items():
            found[name][reading] = racer.accuracy
            if reading == "plain" and racer.weights is not None:
                model = build_any(racer.spec, seed)
                model.load_state_dict(dict(racer.weights))
                found[name]["short"] = _answers(model, data.test.sequences[:, :SHORT], data)
                found[name]["scrambled"] = _answers(model, PermutedRows()(data.test.sequences), data)
        yield {name: dict(accuracies) for name, accuracies in found.items()}


def _answers(model: SequenceClassifier | Baseline, x: Tensor, data: SequenceData) -> float | None:
    try:
        model.check(x)
    except InputError:
        return None
    with torch.no_grad():
        return float(correct(model.eval()(x), data.test.labels).float().mean())


def _fitting(spec: RacerSpec, data: SequenceData) -> RacerSpec:
    return replace(spec, sequence_length=data.test.sequences.shape[1]) if isinstance(spec, ModelSpec) else spec
