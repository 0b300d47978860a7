"""The same digits with their rows in another order: which networks notice, and which cannot read them at all."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal, get_args

from torch import Tensor

from seqviz.data.datasets import SequenceData
from seqviz.data.transforms import BlankRows, BottomUp, Columns, PermutedRows, Transform
from seqviz.errors import InputError
from seqviz.experiments.race import correct_answers, race
from seqviz.networks.build import Network, build_model
from seqviz.specs import BaselineSpec, ModelSpec, NetworkSpec, TrainSpec

RowOrder = Literal["plain", "bottom-up", "columns", "permuted", "blank", "short", "scrambled"]
ROW_ORDERS: tuple[RowOrder, ...] = get_args(RowOrder)
BLANK, SHORT, HIDDEN = 20, 20, 64
CONTESTANTS: dict[str, NetworkSpec] = {
    "LSTM, last row": ModelSpec.classifier("lstm", HIDDEN, head="last"),
    "LSTM, all rows": ModelSpec.classifier("lstm", HIDDEN, head="concat"),
    "small CNN": BaselineSpec("cnn", HIDDEN),
    "bag of rows": BaselineSpec("bag", HIDDEN),
}
TRAINING = TrainSpec(epochs=10, batch_size=32, learning_rate=5e-3, schedule="one-cycle")
_TRANSFORMS: dict[RowOrder, tuple[Transform, ...]] = {
    "plain": (),
    "bottom-up": (BottomUp(),),
    "columns": (Columns(),),
    "permuted": (PermutedRows(),),
    "blank": (BlankRows(BLANK),),
}
TRAINED = tuple(_TRANSFORMS)


def race_on_row_orders(
    data: SequenceData, seed: int = 0, training: TrainSpec = TRAINING, row_orders: Sequence[RowOrder] = ()
) -> Iterator[float | dict[str, dict[str, float | None]]]:
    """Train every contestant on every row order, or on those named; yields the share done and the accuracies so far.

    "short" and "scrambled" are not trained: the networks of "plain" are given the first 20 rows, or rows in another
    order. None: the network cannot read that, or its run diverged.
    """
    accuracies: dict[str, dict[str, float | None]] = {name: {} for name in CONTESTANTS}
    wanted = [order for order in TRAINED if order in (row_orders or TRAINED)]
    for number, order in enumerate(wanted):
        seen = data.transformed(*_TRANSFORMS[order])
        specs = {name: _fitting(spec, seen) for name, spec in CONTESTANTS.items()}
        for item in race(specs, seen, replace(training, seed=seed)):
            if isinstance(item, float):
                yield (number + item) / len(wanted)
                continue
            last = item
        for name, racer in last.racers.items():
            accuracies[name][order] = racer.accuracy
            if order == "plain" and racer.weights is not None:
                model = build_model(racer.spec, seed)
                model.load_state_dict(dict(racer.weights))
                accuracies[name]["short"] = _accuracy(model, data.test.inputs[:, :SHORT], data)
                accuracies[name]["scrambled"] = _accuracy(model, PermutedRows()(data.test.inputs), data)
        yield {name: dict(scores) for name, scores in accuracies.items()}


def _accuracy(model: Network, x: Tensor, data: SequenceData) -> float | None:
    try:
        model.check(x)
    except InputError:
        return None
    return float(correct_answers(model, replace(data, test=replace(data.test, inputs=x))).double().mean())


def _fitting(spec: NetworkSpec, data: SequenceData) -> NetworkSpec:
    """The same network for sequences as long as these."""
    if isinstance(spec, ModelSpec) and spec.head.kind == "concat":
        return replace(spec, head=replace(spec.head, sequence_length=data.test.time))
    return spec
