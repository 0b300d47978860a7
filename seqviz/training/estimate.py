"""What a run will need, by formula and before it begins: nothing is computed to find out."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from seqviz.data.datasets import Dataset
from seqviz.networks.build import shapes
from seqviz.specs import (
    GATES,
    BaselineSpec,
    EncoderDecoderSpec,
    ModelSpec,
    NetworkSpec,
    PictureInput,
    RecurrentSpec,
    TrainSpec,
)
from seqviz.training.loop import total_steps

FLOAT = 4  # bytes
COPIES = 16
"""Of the parameters: weights, gradients, Adam's two moments; three of these again in a snapshot, a checkpoint and its
bytes; the half-precision snapshots of the whole run."""

PER_STEP = {"lstm": 4.5e-5, "gru": 2.0e-4, "rnn": 7.0e-5}  # seconds a layer and time step, however small it is
PER_ELEMENT = {"lstm": 1.7e-9, "gru": 6.7e-9, "rnn": 6.7e-9}  # seconds a number in a gate: LSTM's steps are one kernel
PER_OPERATION = 2.3e-12  # seconds a multiplication or addition in a matrix product
PER_WEIGHT = 1.3e-9  # seconds a recurrent weight and time step: it comes from memory again
"""Measured on two cores at 2.5 GHz, least squares over seventeen networks; within a factor of 2.5 of each."""


@dataclass(frozen=True)
class Cost:
    """Bytes of memory at most, and seconds on a machine of two cores, evaluations left out."""

    memory: float
    seconds: float

    def __add__(self, other: "Cost") -> "Cost":
        """Of two runs that lie in memory together."""
        return Cost(self.memory + other.memory, self.seconds + other.seconds)


def run_cost(spec: NetworkSpec, training: TrainSpec, data: Dataset) -> Cost:
    """What training a network on this data needs.

    The activations of one batch are kept from the forward pass to the backward pass: for each layer, example and time
    step twice the gates' numbers, the state and the layer's input; one layer's gradients come on top.

    >>> from seqviz import load_dataset
    >>> cost = run_cost(ModelSpec.classifier("lstm", 512), TrainSpec(batch_size=1024), load_dataset("digits"))
    >>> round(cost.memory / 1e6)  # 1,005 MB were measured
    1014
    """
    parameters = sum(map(math.prod, shapes(spec).values()))
    if isinstance(spec, BaselineSpec):
        return Cost(float(FLOAT * COPIES * parameters), total_steps(data, training) * PER_STEP["lstm"])
    if isinstance(spec, EncoderDecoderSpec):
        return _writing_cost(spec, training, data, parameters)
    batch, time = training.batch_size, _steps_of_a_sequence(data, training)
    numbers = batch * time * (_kept(spec) + 1.75 * _gates(spec.encoder) + _head(spec))
    scored = len(next(data.test_batches())) * time * (_gates(spec.encoder) + 2 * spec.encoder.hidden_size)
    memory = float(FLOAT) * (COPIES * parameters + max(numbers, scored))
    return Cost(memory, total_steps(data, training) * _step_seconds(spec.encoder, spec.input.size, batch, time))


def _writing_cost(spec: EncoderDecoderSpec, training: TrainSpec, data: Dataset, parameters: int) -> Cost:
    """Of an encoder and a decoder: both as layers of their own, the attention's numbers, and the convolutions'."""
    test = next(data.test_batches())
    batch, steps, decoder = training.batch_size, test.targets.shape[1], spec.decoder
    numbers = batch * steps * (4 * _gates(decoder.layers) + decoder.embedding_size + 3 * len(decoder.vocabulary))
    seconds = _step_seconds(decoder.layers, decoder.embedding_size, batch, steps)
    if isinstance(spec.input, PictureInput):
        places = spec.input.grid**2
        numbers += 3 * batch * spec.input.size**2 * spec.input.channels // 4
        seconds += 6 * batch * 9 * places * spec.input.channels**2 * PER_OPERATION
    else:
        assert spec.encoder is not None
        places = test.inputs.shape[1]
        numbers += batch * places * spec.encoder.directions * (4 * _gates(spec.encoder) + spec.input.size)
        seconds += _step_seconds(spec.encoder, spec.input.size, batch, places)
    if decoder.attention != "none":
        wide = decoder.hidden_size if decoder.attention == "additive" else 2
        numbers += 2 * batch * steps * places * wide
        seconds += 6 * batch * steps * places * wide * PER_OPERATION * 10
    memory = float(FLOAT) * (COPIES * parameters + numbers * max(1, len(test) / batch / 3))
    return Cost(memory, total_steps(data, training) * seconds)


def largest_that_fits(fits: Callable[[int], bool], most: int) -> int | None:
    """The largest whole number from 1 to `most` that fits, where all smaller ones do, too; None where none does."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low or None


def smaller(spec: ModelSpec, training: TrainSpec, fits: Callable[[ModelSpec, TrainSpec], bool]) -> list[str]:
    """What would fit in place of a run that does not: for each size alone, the largest value that does."""
    encoder = spec.encoder

    def with_units(count: int) -> bool:
        size = count * encoder.directions if spec.head.tied else spec.input.size  # one matrix embeds and answers
        changed = replace(spec, encoder=replace(encoder, hidden_size=count), input=replace(spec.input, size=size))
        return fits(changed, training)

    changes: dict[str, tuple[int, Callable[[int], bool]]] = {
        "units": (encoder.hidden_size, with_units),
        "layers": (
            encoder.num_layers,
            lambda count: fits(replace(spec, encoder=replace(encoder, num_layers=count)), training),
        ),
        "in a batch": (training.batch_size, lambda count: fits(spec, replace(training, batch_size=count))),
        "epochs": (training.epochs, lambda count: fits(spec, replace(training, epochs=count))),
    }
    found = {name: largest_that_fits(fits_with, now) for name, (now, fits_with) in changes.items()}
    return [f"{count:,} {name}" for name, count in found.items() if count and count < changes[name][0]]


def _steps_of_a_sequence(data: Dataset, training: TrainSpec) -> int:
    """The time steps of one batch: of a text `truncate` characters, else as many as the test sequences have."""
    test = next(data.test_batches())
    return training.truncate if data.objective == "step_cross_entropy" else test.inputs.shape[1]


def _gates(encoder: RecurrentSpec) -> int:
    """The numbers in all gates of one layer in one direction."""
    return max(1, len(GATES[encoder.cell])) * encoder.hidden_size


def _kept(spec: ModelSpec) -> int:
    """Numbers kept for the backward pass of one time step of one example, in all layers."""
    encoder = spec.encoder
    inputs = [spec.input.size] + [encoder.hidden_size * encoder.directions] * (encoder.num_layers - 1)
    own = encoder.directions * (2 * _gates(encoder) + encoder.hidden_size)
    return sum(own + size for size in inputs)


def _head(spec: ModelSpec) -> int:
    """Numbers of the head in one time step of one example."""
    if spec.head.kind == "each_step":
        return 3 * spec.head.outputs  # logits, their log-probabilities, their gradient
    return 0 if spec.head.kind == "last" else 2 * spec.encoder.hidden_size * spec.encoder.directions


def _step_seconds(encoder: RecurrentSpec, inputs: int, batch: int, time: int) -> float:
    """Seconds of one update: the forward pass, and twice that backward."""
    seconds = 0.0
    for layer in range(encoder.num_layers):
        size = inputs if layer == 0 else encoder.hidden_size * encoder.directions
        gates = _gates(encoder)
        products = 6 * batch * gates * (size + encoder.hidden_size)
        elements = batch * gates * PER_ELEMENT[encoder.cell]
        weights = gates * encoder.hidden_size * PER_WEIGHT
        seconds += encoder.directions * time * (PER_STEP[encoder.cell] + elements + weights + products * PER_OPERATION)
    return seconds
