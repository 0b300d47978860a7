"""What each step adds to the logits: exact where the head is a sum over steps, gradient × input where it is not."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from seqviz.data.batch import Batch, Sequences, check_one_length
from seqviz.errors import InputError
from seqviz.instruments.attribution import check_answers_once
from seqviz.networks.network import SequenceNetwork
from seqviz.specs import HeadKind

EXACT: tuple[HeadKind, ...] = ("concat", "mean")
"""Heads whose logits are b + Σ_t (a contribution of step t)."""
BATCH = 500
CONFIDENT = 0.9


@dataclass(frozen=True)
class LogitContributions:
    """`values[t, c]` is what step t adds to the logit of class c; where `exact`, they and `bias` sum to the logits.

    `blank` are the logits of a blank image.
    """

    values: Float[Tensor, "time classes"]
    bias: Float[Tensor, " classes"]
    logits: Float[Tensor, " classes"]
    blank: Float[Tensor, " classes"]
    exact: bool


def logit_contributions(model: SequenceNetwork, sequence: Sequences) -> LogitContributions:
    """The contributions of each step of one sequence; for heads without a sum over steps, gradient × input.

    A contribution is that of the hidden state at a step, which knows all steps before. Gradient × input (Shrikumar et
    al. 2017) counts the step's own input, along all paths, if the network were linear around this input.

    Raises:
        InputError: it is not one sequence that this network can read, or the network answers at each step.
    """
    check_answers_once(model)
    x = model.prepare_one(sequence).detach().requires_grad_()
    exact = model.spec.head.kind in EXACT
    with torch.enable_grad():
        outputs = model.unroll(torch.cat([x, torch.zeros_like(x)])).outputs  # the sequence and a blank one at once
        logits, blank = model.head(outputs)
        if exact:
            values = model.head.contributions(outputs[:1])[0]
        else:
            each = torch.eye(len(logits)).to(logits)  # all logits' gradients in one backward pass
            (grads,) = torch.autograd.grad(logits, x, each, retain_graph=True, is_grads_batched=True)
            values = (grads[:, 0] * x[0]).sum(dim=-1).T
    values, bias, logits, blank = (tensor.detach().cpu() for tensor in (values, model.head.bias, logits, blank))
    return LogitContributions(values, bias, logits, blank, exact)


@dataclass(frozen=True)
class AnswerByRow:
    """How well a network would answer after each row of a test split.

    `confident[c]` is the mean first step from which the right class has at least 90 % for good, over the examples of
    class c where that happens at all (NaN: nowhere), `never[c]` the share of examples where it does not.
    """

    accuracy: Float[Tensor, " time"]
    confident: Float[Tensor, " classes"]
    never: Float[Tensor, " classes"]


def answer_by_row(model: SequenceNetwork, split: Batch) -> AnswerByRow:
    """Accuracy against rows read, and the first confident row by class, for networks that read in one direction.

    Raises:
        InputError: the network reads in both directions, so that it has no answer before the last row; or it does not
            know the classes of the split; or the sequences differ in length.
    """
    check_one_length(split)
    classes = model.spec.head.outputs
    if model.spec.encoder.bidirectional:
        raise InputError("A network that reads in both directions has seen the last row before the first answer.")
    if int(split.targets.max()) >= classes:
        raise InputError(
            f"The test split has class {int(split.targets.max())}; this network knows {classes} classes. "
            "Choose a network that was trained on digits."
        )
    right, sure = [], []
    for part in split.split(BATCH):
        probabilities = _prefix_logits(model, part).softmax(dim=-1)
        right.append(probabilities.argmax(dim=-1) == part.targets[:, None])
        sure.append(probabilities.gather(2, part.targets[:, None, None].expand(-1, part.time, 1))[..., 0] >= CONFIDENT)
    held = torch.cat(sure).flip(dims=(1,)).int().cummin(dim=1).values.sum(dim=1)  # steps at the end that are all sure
    first = (split.time - held).double()
    first[held == 0] = torch.nan
    of_class = [first[split.targets == label] for label in range(classes)]
    return AnswerByRow(
        torch.cat(right).float().mean(dim=0),
        torch.stack([steps.nanmean() for steps in of_class]).float(),
        torch.stack([steps.isnan().float().mean() for steps in of_class]),
    )


def accuracy_by_rows_kept(model: SequenceNetwork, split: Batch) -> dict[str, Float[Tensor, " kept"]]:
    """The accuracy of a concat or mean head that counts only some rows: the first k, the last k, k at random.

    Entry k of each is that with k rows, from none to all.

    Raises:
        InputError: the head is no sum over rows, or the sequences differ in length.
    """
    check_one_length(split)
    order = torch.randperm(split.time, generator=torch.Generator().manual_seed(0))
    steps = torch.arange(len(order))
    orders = {"first rows": steps, "last rows": steps.flip(0), "rows at random": order}
    right: dict[str, list[Tensor]] = {name: [] for name in orders}
    for part in split.split(BATCH):
        contributions = _contributions(model, part)
        for name, kept in orders.items():
            none = torch.zeros_like(contributions[:, :1])
            counted = torch.cat([none, contributions[:, kept]], dim=1).cumsum(dim=1)
            if model.spec.head.kind == "mean":  # the mean of the rows kept
                counted = counted * len(order) / torch.arange(len(order) + 1).clamp(min=1)[:, None]
            logits = counted + model.head.bias.detach().cpu()
            right[name].append(logits.argmax(dim=-1) == part.targets[:, None])
    return {name: torch.cat(parts).float().mean(dim=0) for name, parts in right.items()}


def _contributions(model: SequenceNetwork, part: Batch) -> Float[Tensor, "batch time classes"]:
    with torch.no_grad():
        outputs, _ = model.encode(model.prepare(part)[0])
        return model.head.contributions(outputs).cpu()


def _prefix_logits(model: SequenceNetwork, part: Batch) -> Float[Tensor, "batch time classes"]:
    with torch.no_grad():
        outputs, _ = model.encode(model.prepare(part)[0])
        return model.head.prefix_logits(outputs).cpu()
