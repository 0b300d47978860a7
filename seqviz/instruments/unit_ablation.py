"""Unit ablation: a network scored while it is edited, and its units ranked by what is lost without them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from seqviz.data.batch import Batch, Sequences
from seqviz.errors import InputError
from seqviz.instruments.edits import Edit, interventions
from seqviz.networks.answers import class_shares
from seqviz.networks.evaluation import Evaluation
from seqviz.networks.network import SequenceNetwork
from seqviz.networks.objectives import OBJECTIVES
from seqviz.networks.unroll import Intervention

BATCH = 100


def evaluate_edited(model: SequenceNetwork, split: Batch, edits: Sequence[Edit] = ()) -> Iterator[float | Evaluation]:
    """The share of a labelled split that has been scored with the edits, and at the end the evaluation.

    The network runs through the one unrolling.

    Raises:
        InputError: the data or an edit does not fit the network.
    """
    objective = OBJECTIVES["binary_cross_entropy" if model.spec.head.outputs == 1 else "cross_entropy"]
    summaries = []
    for start in range(0, len(split), BATCH):
        stop = min(start + BATCH, len(split))
        part = split[start:stop]
        logits = edited_logits(model, part, [edit.for_batch(start, stop) for edit in edits])
        summaries.append(objective.summarize(logits, part))
        yield stop / len(split)
    yield objective.evaluation(summaries)


def evaluate_before_and_after(
    model: SequenceNetwork, split: Batch, edits: Sequence[Edit]
) -> Iterator[float | list[Evaluation]]:
    """`evaluate_edited` without the edits and with them: yields the share done, then both evaluations."""
    found: list[Evaluation] = []
    for changes in ([], edits):
        for item in evaluate_edited(model, split, changes):
            if isinstance(item, Evaluation):
                found.append(item)
            else:
                yield (len(found) + item) / 2
    yield found


def edited_logits(
    model: SequenceNetwork, sequences: Sequences, edits: Sequence[Edit] = ()
) -> Float[Tensor, "batch *steps answers"]:
    """What the network answers with the edits.

    Raises:
        InputError: the network cannot read the sequences, or an edit does not fit it.
    """
    with torch.no_grad():
        x, lengths = model.prepare(sequences)
        unrolled = model.unroll(x, lengths, interventions(edits, model.stacks, x))
        return model.head(unrolled.outputs, unrolled.mask).cpu()


@dataclass(frozen=True)
class UnitAblation:
    """What each unit of a layer is worth: `loss[u]` is what holding unit u at 0 takes from `whole`.

    `whole` is the accuracy on a split, or the probability of a class for one example.
    """

    whole: float
    loss: Float[Tensor, " hidden"]


def ablate_units(model: SequenceNetwork, sequence: Sequences, target: int, layer: int = 0) -> UnitAblation:
    """The probability of class `target` for one example, and what is lost of it without each unit of a layer.

    All units are tried at once: a batch of copies of the example, each with another unit held at 0.
    """
    with torch.no_grad():
        x = model.prepare_one(sequence)
    layers = model.stacks["encoder"]
    _check_layer(layer, len(layers))
    units = layers[layer].hidden_size
    others = 1 - torch.eye(units).to(model.head.weight)

    def silence(_: int, signal: str, value: Tensor) -> Tensor:
        return value * others if signal == "hidden" else value

    changes: list[Intervention | None] = [None] * len(layers)
    changes[layer] = silence
    with torch.no_grad():
        without = model.unroll(x.expand(units, -1, -1), interventions={"encoder": changes})
        each = class_shares(model.head(without.outputs))[:, target]
        whole = class_shares(model.head(model.unroll(x).outputs))[0, target]
    return UnitAblation(float(whole), (whole - each).cpu())


def ablate_units_on_split(model: SequenceNetwork, split: Batch, layer: int = 0) -> Iterator[float | UnitAblation]:
    """The accuracy on a split, and what is lost of it without each unit; yields progress, then the result."""
    _check_layer(layer, len(model.stacks["encoder"]))
    units = model.spec.encoder.hidden_size
    whole = _accuracy(model, split)
    left = []
    for unit in range(units):
        left.append(_accuracy(model, split, [Edit("hidden", "clamp", 0.0, layer, units=(unit,))]))
        yield (unit + 1) / units
    yield UnitAblation(whole, whole - torch.tensor(left))


def _accuracy(model: SequenceNetwork, split: Batch, edits: Sequence[Edit] = ()) -> float:
    *_, evaluation = evaluate_edited(model, split, edits)
    assert isinstance(evaluation, Evaluation)
    return evaluation.accuracy


def _check_layer(layer: int, count: int) -> None:
    if not 0 <= layer < count:
        raise InputError(f"There is no layer {layer}; this network has layers 0 to {count - 1}.")
