"""What each row adds to the answer: exact where the head is a sum over rows, gradient × input where it is not."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from seqviz.data.split import Split
from seqviz.errors import InputError
from seqviz.networks.classifier import SequenceClassifier
from seqviz.networks.unroll import recurrent_layers, unroll_stack
from seqviz.specs import Head

EXACT: tuple[Head, ...] = ("concat", "mean")
"""Heads whose logits are b + Σ_t (a vote of row t)."""
BATCH = 500
CONFIDENT = 0.9


@dataclass(frozen=True)
class RowVotes:
    """`values[t, c]` is what row t adds to the logit of class c; where `exact`, they and `bias` sum to the logits.

    `blank` are the logits of a blank image.
    """

    values: Float[Tensor, "time classes"]
    bias: Float[Tensor, " classes"]
    logits: Float[Tensor, " classes"]
    blank: Float[Tensor, " classes"]
    exact: bool


def row_votes(model: SequenceClassifier, x: Float[Tensor, "batch time input"]) -> RowVotes:
    """The votes of each row of one sequence; for heads without a sum over rows gradient × input, a linear estimate.

    A vote counts the hidden state at that row, which knows all rows before. Gradient × input (Shrikumar et al. 2017)
    counts the row's own pixels, along all paths, if the network were linear around this input.

    Raises:
        InputError: `x` is not one sequence that this network can read.
    """
    model.check(x)
    if len(x) != 1:
        raise InputError(f"The input has {len(x)} sequences; votes are those of one.")
    x = x.detach().to(model.head.weight).requires_grad_()
    exact = model.spec.head in EXACT
    with torch.enable_grad():
        _, outputs = unroll_stack(recurrent_layers(model.rnn), x)
        logits = model.head(model.read(outputs))[0]
        if exact:
            values = model.votes(outputs)[0]
        else:
            grads = torch.stack([torch.autograd.grad(one, x, retain_graph=True)[0][0] for one in logits])
            values = (grads * x[0]).sum(dim=-1).T
        _, outputs = unroll_stack(recurrent_layers(model.rnn), torch.zeros_like(x))
        blank = model.head(model.read(outputs))[0]
    bias, logits, blank = (one.detach().cpu() for one in (model.head.bias, logits, blank))
    return RowVotes(values.detach().cpu(), bias, logits, blank, exact)


@dataclass(frozen=True)
class AnswerByRow:
    """How well a network would answer after each row of a test split.

    `confident[c]` is the mean first step from which the right class has at least 90 % for good, over the examples of
    class c where that happens at all (NaN: nowhere), `never[c]` the share of examples where it does not.
    """

    accuracy: Float[Tensor, " time"]
    confident: Float[Tensor, " classes"]
    never: Float[Tensor, " classes"]


def answer_by_row(model: SequenceClassifier, split: Split) -> AnswerByRow:
    """Accuracy against rows read, and the first confident row by class, for networks that read in one direction.

    Raises:
        InputError: the network reads in both directions, so that it has no answer before the last row.
    """
    if model.spec.bidirectional:
        raise InputError("A network that reads in both directions has seen the last row before the first answer.")
    if int(split.labels.max()) >= model.spec.num_classes:
        raise InputError(
            f"The test split has class {int(split.labels.max())}; this network knows {model.spec.num_classes} classes. "
            "Choose a network that was trained on digits."
        )
    right, sure = [], []
    for x, y in _batches(split):
        probabilities = _prefix_logits(model, x).softmax(dim=-1)
        right.append(probabilities.argmax(dim=-1) == y[:, None])
        sure.append(probabilities.gather(2, y[:, None, None].expand(-1, x.shape[1], 1))[..., 0] >= CONFIDENT)
    held = torch.cat(sure).flip(dims=(1,)).int().cummin(dim=1).values.sum(dim=1)  # steps at the end that are all sure
    first = (split.sequences.shape[1] - held).double()
    first[held == 0] = torch.nan
    classes = range(model.spec.num_classes)
    of_class = [first[split.labels == label] for label in classes]
    return AnswerByRow(
        torch.cat(right).float().mean(dim=0),
        torch.stack([one.nanmean() for one in of_class]).float(),
        torch.stack([one.isnan().float().mean() for one in of_class]),
    )


def accuracy_by_rows_kept(model: SequenceClassifier, split: Split) -> dict[str, Float[Tensor, " kept"]]:
    """The accuracy of a concat or mean head that counts only some rows' votes: the first k, the last k, k at random.

    Entry k of each is that with k rows, from none to all.

    Raises:
        InputError: the head has no votes.
    """
    order = torch.randperm(split.sequences.shape[1], generator=torch.Generator().manual_seed(0))
    steps = torch.arange(len(order))
    orders = {"first rows": steps, "last rows": steps.flip(0), "rows at random": order}
    right: dict[str, list[Tensor]] = {name: [] for name in orders}
    for x, y in _batches(split):
        votes = _votes(model, x)
        for name, how in orders.items():
            none = torch.zeros_like(votes[:, :1])
            counted = torch.cat([none, votes[:, how]], dim=1).cumsum(dim=1)
            if model.spec.head == "mean":  # the mean of the rows kept
                counted = counted * len(order) / torch.arange(len(order) + 1).clamp(min=1)[:, None]
            logits = counted + model.head.bias.detach().cpu()
            right[name].append(logits.argmax(dim=-1) == y[:, None])
    return {name: torch.cat(parts).float().mean(dim=0) for name, parts in right.items()}


def _batches(split: Split) -> Iterator[tuple[Tensor, Tensor]]:
    for start in range(0, len(split), BATCH):
        yield split.sequences[start : start + BATCH], split.labels[start : start + BATCH]


def _votes(model: SequenceClassifier, x: Tensor) -> Float[Tensor, "batch time classes"]:
    with torch.no_grad():
        outputs, _ = model.rnn(x.to(model.head.weight))
        return model.votes(outputs).cpu()


def _prefix_logits(model: SequenceClassifier, x: Tensor) -> Float[Tensor, "batch time classes"]:
    model.check(x)
    with torch.no_grad():
        outputs, _ = model.rnn(x.to(model.head.weight))
        return model.prefix_logits(outputs).cpu()
