"""Whether a method of attribution can be trusted: graded on planted evidence, and after its network has been ruined.

The two ruins are those of Adebayo et al. 2018 (arXiv 1810.03292): weights drawn anew from the head downwards, and a
network that has learned labels in random order. A method whose picture stays shows the input, not the network.
"""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from scipy.stats import spearmanr
from torch import Tensor

from seqviz.errors import InputError
from seqviz.instruments.attribution import BY_ROW, Method, attribute, ready
from seqviz.instruments.votes import EXACT, row_votes
from seqviz.networks.build import build_model
from seqviz.networks.classifier import SequenceClassifier

BATCH = 25
RUIN = 90_210  # a seed that nobody trains from


@dataclass(frozen=True)
class Grade:
    """How much of what a method ranks highest is planted evidence: mean precision, and its standard error.

    `precision` is the share of evidence among the k rows with the largest Σ|score|, where k rows hold the evidence;
    `chance` is what rows in random order would have.
    """

    precision: float
    error: float
    chance: float
    examples: int


def grade(
    model: SequenceClassifier,
    x: Float[Tensor, "n time input"],
    labels: Int[Tensor, " n"],
    evidence: Bool[Tensor, "n time"],
    methods: Sequence[Method],
) -> Iterator[float | dict[Method, Grade]]:
    """Grade every method on the examples that the network answers rightly; yields the share done, and grades so far.

    Raises:
        InputError: the network answers none of them rightly.
    """
    with ready(model), torch.no_grad():
        right = model(x).argmax(dim=1) == labels
    x, labels, evidence = x[right], labels[right], evidence[right]
    if not len(x):
        raise InputError("The network answers none of these sequences rightly, so there is nothing to grade.")
    found: dict[Method, Grade] = {}
    for number, method in enumerate(methods):
        shares = []
        for start in range(0, len(x), BATCH):
            part = slice(start, start + BATCH)
            scores = torch.cat(
                [
                    attribute(model, x[part][labels[part] == label], int(label), method).scores
                    for label in labels[part].unique()
                ]
            )
            truth = torch.cat([evidence[part][labels[part] == label] for label in labels[part].unique()])
            shares.append(precision_at_evidence(scores, truth))
            yield (number + min(1.0, (start + BATCH) / len(x))) / len(methods)
        every = torch.cat(shares)
        error = float(every.std() / len(every) ** 0.5) if len(every) > 1 else float("nan")
        chance = float(evidence.float().mean())
        found[method] = Grade(float(every.mean()), error, chance, len(every))
        yield dict(found)


def precision_at_evidence(
    scores: Float[Tensor, "n time input"], evidence: Bool[Tensor, "n time"]
) -> Float[Tensor, " n"]:
    """The share of evidence among as many rows with the largest Σ|score| as hold evidence."""
    ranks = scores.abs().sum(dim=-1).argsort(dim=1, descending=True, stable=True).argsort(dim=1)  # (n, time)
    counts = evidence.sum(dim=1, keepdim=True)
    return ((ranks < counts) & evidence).sum(dim=1) / counts[:, 0]


def ruined(model: SequenceClassifier, seed: int = RUIN) -> Iterator[tuple[str, SequenceClassifier]]:
    """Copies with more and more weights drawn anew, from the head downwards, each with the name of what went last.

    The seed must not be the one that the network was trained from, or its own first weights would come back.
    """
    fresh = build_model(model.spec, seed).state_dict()
    copy = deepcopy(model).eval()
    yield "as trained", copy
    stages: dict[str, list[str]] = {"head": [name for name in fresh if not name.startswith("rnn.")]}
    for layer in reversed(range(model.spec.num_layers)):
        of_layer = [name for name in fresh if name.startswith("rnn.") and f"_l{layer}" in name]
        stages[f"W_hh {layer + 1}"] = [name for name in of_layer if "_hh" in name]
        stages[f"W_ih {layer + 1}"] = [name for name in of_layer if "_ih" in name]
    for stage, names in stages.items():
        copy = deepcopy(copy)
        copy.load_state_dict({name: fresh[name] if name in names else old for name, old in copy.state_dict().items()})
        yield stage, copy


@dataclass(frozen=True)
class Likeness:
    """Spearman's rank correlation of |scores| with those of the trained network, mean over digits, by stage of ruin."""

    by_stage: Mapping[str, float]


def likeness_under_ruin(
    models: Mapping[str, SequenceClassifier],
    x: Float[Tensor, "n time input"],
    labels: Int[Tensor, " n"],
    methods: Sequence[Method],
    *,
    ink_only: bool = False,
) -> Iterator[float | dict[Method, Likeness]]:
    """How alike each method's scores stay to those of the first of `models`; yields the share done and what is known.

    With `ink_only` only pixels that are not blank are compared: where x is 0, input × gradient is 0 in any network.
    """
    found: dict[Method, Likeness] = {}
    total = len(methods) * len(models)
    for number, method in enumerate(methods):
        reference: Tensor | None = None
        by_stage: dict[str, float] = {}
        for index, (stage, model) in enumerate(models.items()):
            scores = torch.cat(
                [attribute(model, one[None], int(label), method).scores for one, label in zip(x, labels, strict=True)]
            )
            reference = scores if reference is None else reference
            by_stage[stage] = _alike_for(method, reference, scores, x, ink_only)
            yield (number * len(models) + index + 1) / total
        found[method] = Likeness(by_stage)
        yield dict(found)


def _alike_for(method: Method, one: Tensor, other: Tensor, x: Tensor, ink_only: bool) -> float:
    """By pixel; a method by row has one number a row, and is compared by row."""
    where = x > 0 if ink_only else torch.ones_like(x, dtype=torch.bool)
    if method in BY_ROW:
        return alike(one[..., :1], other[..., :1], where.any(dim=2, keepdim=True))
    return alike(one, other, where)


def alike(
    one: Float[Tensor, "n time input"], other: Float[Tensor, "n time input"], where: Bool[Tensor, "n time input"]
) -> float:
    """Mean over examples of Spearman's rank correlation of |scores| at some pixels; 0 where one of them is constant."""
    correlations = []
    for index, mask in enumerate(where):
        a, b = one[index][mask].abs(), other[index][mask].abs()
        constant = a.max() == a.min() or b.max() == b.min()
        correlations.append(0.0 if constant else float(spearmanr(a.numpy(), b.numpy()).statistic))
    return sum(correlations) / len(correlations)


def agreement_with_votes(
    model: SequenceClassifier,
    x: Float[Tensor, "n time input"],
    labels: Int[Tensor, " n"],
    methods: Sequence[Method],
) -> Iterator[float | dict[Method, float]]:
    """For a head that sums over rows: how each method's row totals correlate with the exact votes, mean over digits.

    A vote is counted against the black image's at the same row, as the methods' scores are. It is of a hidden state,
    which knows the rows before, while a score is of a row's own pixels: even a perfect method does not reach 1.

    Raises:
        InputError: the network's logits are no sum over rows.
    """
    if model.spec.head not in EXACT:
        raise InputError(f"A {model.spec.head} head has no exact votes; choose a network with all rows.")
    floor = row_votes(model, torch.zeros_like(x[:1])).values
    votes = torch.stack([row_votes(model, one[None]).values - floor for one in x])  # (n, time, classes)
    chosen = votes[torch.arange(len(x)), :, labels]  # (n, time)
    found: dict[Method, float] = {}
    for number, method in enumerate(methods, start=1):
        rows = [attribute(model, one[None], int(label), method).rows[0] for one, label in zip(x, labels, strict=True)]
        pairs = [torch.corrcoef(torch.stack([a, b]))[0, 1] for a, b in zip(rows, chosen, strict=True)]
        found[method] = float(torch.stack(pairs).nan_to_num().mean())
        yield number / len(methods)
        yield dict(found)
