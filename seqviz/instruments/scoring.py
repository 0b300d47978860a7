"""Score an edited network, and rank its units by what is lost without them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from seqviz.data.split import Split
from seqviz.errors import InputError
from seqviz.instruments.edits import Edit, interventions
from seqviz.networks.classifier import SequenceClassifier
from seqviz.networks.evaluation import Evaluation, summarize
from seqviz.networks.unroll import Intervention, recurrent_layers, unroll_stack

BATCH = 100


def evaluate(model: SequenceClassifier, split: Split, edits: Sequence[Edit] = ()) -> Evaluation:
    """The network's scores while it is edited, through the one unrolling.

    Raises:
        InputError: the data or an edit does not fit the network.
    """
    *_, evaluation = evaluate_in_batches(model, split, edits)
    assert isinstance(evaluation, Evaluation)
    return evaluation


def evaluate_in_batches(
    model: SequenceClassifier, split: Split, edits: Sequence[Edit] = ()
) -> Iterator[float | Evaluation]:
    """The share of the split that has been scored, batch by batch, and at the end the evaluation."""
    logits = []
    for start in range(0, len(split), BATCH):
        stop = min(start + BATCH, len(split))
        logits.append(_logits(model, split.sequences[start:stop], [edit.for_batch(start, stop) for edit in edits]))
        yield stop / len(split)
    yield summarize(torch.cat(logits), split.labels)


@dataclass(frozen=True)
class Lesions:
    """What each unit of a layer is worth: `loss[u]` is the accuracy (or probability) lost when unit u is silenced."""

    whole: float
    loss: Float[Tensor, " hidden"]


def lesions_of_digit(
    model: SequenceClassifier, x: Float[Tensor, "1 time input"], target: int, layer: int = 0
) -> Lesions:
    """The probability of class `target` for one digit, and what silencing each unit of a layer takes from it.

    All units are tried at once: a batch of copies of the digit, each with another unit held at 0.
    """
    model.check(x)
    layers = recurrent_layers(model.rnn)
    _check_layer(layer, len(layers))
    units = layers[layer].hidden_size
    alive = 1 - torch.eye(units).to(model.head.weight)

    def silence(_: int, signal: str, value: Tensor) -> Tensor:
        return value * alive if signal == "hidden" else value

    changes: list[Intervention | None] = [None] * len(layers)
    changes[layer] = silence
    copies = x.to(model.head.weight).expand(units, -1, -1)
    with torch.no_grad():
        _, outputs = unroll_stack(layers, copies, changes)
        each = model.head(model.read(outputs)).softmax(dim=-1)[:, target]
        whole = model.head(model.read(unroll_stack(layers, copies[:1])[1])).softmax(dim=-1)[0, target]
    return Lesions(float(whole), (whole - each).cpu())


def lesions_of_split(model: SequenceClassifier, split: Split, layer: int = 0) -> Iterator[float | Lesions]:
    """The accuracy on a split, and what silencing each unit takes from it; yields progress, then the result."""
    units = model.spec.hidden_size
    whole = evaluate(model, split).accuracy
    _check_layer(layer, model.spec.num_layers * model.spec.directions)
    left = []
    for unit in range(units):
        left.append(evaluate(model, split, [Edit("hidden", "clamp", 0.0, layer, units=(unit,))]).accuracy)
        yield (unit + 1) / units
    yield Lesions(whole, whole - torch.tensor(left))


def _logits(model: SequenceClassifier, x: Tensor, edits: Sequence[Edit]) -> Float[Tensor, "batch classes"]:
    model.check(x)
    x = x.to(model.head.weight)
    layers = recurrent_layers(model.rnn)
    with torch.no_grad():
        _, outputs = unroll_stack(layers, x, interventions(edits, layers, x))
        return model.head(model.read(outputs)).cpu()


def _check_layer(layer: int, count: int) -> None:
    if not 0 <= layer < count:
        raise InputError(f"There is no layer {layer}; this network has layers 0 to {count - 1}.")
