"""Whether a method of attribution can be trusted: graded on planted evidence, and by randomisation tests.

The tests are those of Adebayo et al. 2018 (arXiv 1810.03292): weights drawn anew from the head downwards (cascading
randomisation), and a network that has learned random labels. A method whose picture stays the same shows the input, not
the network.
"""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seqviz.data.batch import Batch, check_one_length
from seqviz.errors import InputError
from seqviz.instruments.attribution import BY_ROW, Method, attribute
from seqviz.instruments.contributions import EXACT, logit_contributions
from seqviz.networks.build import build_model
from seqviz.networks.network import SequenceNetwork
from seqviz.networks.scoring import predict

BATCH = 25
RANDOMIZATION_SEED = 90_210  # no network is trained from it


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
    model: SequenceNetwork, batch: Batch, evidence: Bool[Tensor, "n time"], methods: Sequence[Method]
) -> Iterator[float | dict[Method, Grade]]:
    """Grade every method on the sequences that the network answers correctly.

    Yields the share done, and the grades so far.

    Raises:
        InputError: the network answers none of them correctly.
    """
    correct = predict(model, batch)[0].argmax(dim=1) == batch.targets
    batch, evidence = batch[correct.nonzero()[:, 0]], evidence[correct]
    if not len(batch):
        raise InputError("The network answers none of these sequences correctly, so there is nothing to grade.")
    grades: dict[Method, Grade] = {}
    for number, method in enumerate(methods):
        shares = []
        for start in range(0, len(batch), BATCH):
            part, truth = batch[start : start + BATCH], evidence[start : start + BATCH]
            for label in sorted(set(part.targets.tolist())):  # those with one target go together
                rows = (part.targets == label).nonzero()[:, 0]
                scores = attribute(model, part[rows], label, method).scores
                shares.append(precision_at_evidence(scores, truth[rows][:, : scores.shape[1]]))
            yield (number + min(1.0, (start + BATCH) / len(batch))) / len(methods)
        precisions = torch.cat(shares)
        error = float(precisions.std() / len(precisions) ** 0.5) if len(precisions) > 1 else float("nan")
        chance = float(evidence.float().mean())
        grades[method] = Grade(float(precisions.mean()), error, chance, len(precisions))
        yield dict(grades)


def precision_at_evidence(
    scores: Float[Tensor, "n time input"], evidence: Bool[Tensor, "n time"]
) -> Float[Tensor, " n"]:
    """The share of evidence among as many rows with the largest Σ|score| as hold evidence."""
    ranks = scores.abs().sum(dim=-1).argsort(dim=1, descending=True, stable=True).argsort(dim=1)  # (n, time)
    counts = evidence.sum(dim=1, keepdim=True)
    return ((ranks < counts) & evidence).sum(dim=1) / counts[:, 0]


def cascading_randomization(
    model: SequenceNetwork, seed: int = RANDOMIZATION_SEED
) -> Iterator[tuple[str, SequenceNetwork]]:
    """Copies with more and more weights drawn anew, from the head downwards, each with the name of the last part drawn.

    The seed must not be the one that the network was trained from, or its own first weights would come back.
    """
    fresh = build_model(model.spec, seed).state_dict()
    copy = deepcopy(model).eval()
    yield "as trained", copy
    stages = {"head": [name for name in fresh if name.startswith("head.")]}
    for layer in reversed(range(model.spec.encoder.num_layers)):
        of_layer = [name for name in fresh if name.startswith("encoder.") and f"_l{layer}" in name]
        stages[f"W_hh {layer + 1}"] = [name for name in of_layer if "_hh" in name]
        stages[f"W_ih {layer + 1}"] = [name for name in of_layer if "_ih" in name]
    if model.embedding is not None:
        stages["embedding"] = ["embedding.weight"]
    for stage, names in stages.items():
        copy = deepcopy(copy)
        copy.load_state_dict({name: fresh[name] if name in names else old for name, old in copy.state_dict().items()})
        yield stage, copy


@dataclass(frozen=True)
class RankSimilarity:
    """Spearman's rank correlation of |scores| with those of the trained network, mean over digits, by stage."""

    by_stage: Mapping[str, float]


def similarity_under_randomization(
    models: Mapping[str, SequenceNetwork], batch: Batch, methods: Sequence[Method], *, ink_only: bool = False
) -> Iterator[float | dict[Method, RankSimilarity]]:
    """How similar each method's scores stay to those for the first of `models`.

    With `ink_only` only pixels that are not blank are compared: where x is 0, input × gradient is 0 in any network.
    Yields the share done, and the similarities so far.

    Raises:
        InputError: the sequences differ in length, or a network cannot read them.
    """
    check_one_length(batch)
    similarities: dict[Method, RankSimilarity] = {}
    total = len(methods) * len(models)
    for number, method in enumerate(methods):
        reference: Tensor | None = None
        by_stage: dict[str, float] = {}
        for index, (stage, model) in enumerate(models.items()):
            scores = torch.cat([scores for scores, _ in _scores(model, batch, method)])
            reference = scores if reference is None else reference
            by_stage[stage] = _similarity(method, reference, scores, batch.inputs, ink_only)
            yield (number * len(models) + index + 1) / total
        similarities[method] = RankSimilarity(by_stage)
        yield dict(similarities)


def similarity_while_randomized(
    model: SequenceNetwork,
    others: Mapping[str, SequenceNetwork],
    batch: Batch,
    methods: Sequence[Method],
    *,
    ink_only: bool = False,
) -> Iterator[float | dict[Method, RankSimilarity]]:
    """`similarity_under_randomization` of a network that is randomised in steps, and of others beside it."""
    stages = {**dict(cascading_randomization(model)), **others}
    return similarity_under_randomization(stages, batch, methods, ink_only=ink_only)


def _similarity(method: Method, scores: Tensor, others: Tensor, x: Tensor, ink_only: bool) -> float:
    """By pixel; a method by row has one number a row, and is compared by row."""
    where = x > 0 if ink_only else torch.ones_like(x, dtype=torch.bool)
    if method in BY_ROW:
        return rank_similarity(scores[..., :1], others[..., :1], where.any(dim=2, keepdim=True))
    return rank_similarity(scores, others, where)


def rank_similarity(
    scores: Float[Tensor, "n time input"], others: Float[Tensor, "n time input"], where: Bool[Tensor, "n time input"]
) -> float:
    """Mean over examples of Spearman's rank correlation of |scores| at some pixels; 0 where one of them is constant."""
    from scipy.stats import spearmanr

    correlations = []
    for index, mask in enumerate(where):
        a, b = scores[index][mask].abs(), others[index][mask].abs()
        constant = a.max() == a.min() or b.max() == b.min()
        correlations.append(0.0 if constant else float(spearmanr(a.numpy(), b.numpy()).statistic))
    return sum(correlations) / len(correlations)


def agreement_over_rows(one: Float[Tensor, " time"], other: Float[Tensor, " time"]) -> float:
    """Spearman's rank correlation of two methods' row totals, signs aside; 0 where one of them is constant.

    >>> agreement_over_rows(torch.tensor([1.0, -3.0, 2.0]), torch.tensor([0.1, 0.9, -0.2]))
    1.0
    """
    everywhere = torch.ones(1, len(one), 1, dtype=torch.bool)
    return rank_similarity(one[None, :, None], other[None, :, None], everywhere)


def agreement_with_contributions(
    model: SequenceNetwork, batch: Batch, methods: Sequence[Method]
) -> Iterator[float | dict[Method, float]]:
    """For a head that sums over rows: how each method's row totals correlate with the exact contributions of the rows.

    A contribution is counted against the black image's at the same row, as the methods' scores are. It is that of a
    hidden state, which knows the rows before, while a score is of a row's own pixels: even a perfect method does not
    reach 1. Yields the share done, and the mean correlations over the digits so far.

    Raises:
        InputError: the network's logits are no sum over rows.
    """
    if model.spec.head.kind not in EXACT:
        raise InputError(f"A {model.spec.head.kind} head is no sum over rows; choose a network with all rows.")
    sequences = [batch[row : row + 1] for row in range(len(batch))]
    blank: dict[int, Tensor] = {}  # the contributions of a blank sequence, by its length
    for sequence in sequences:
        if sequence.time not in blank:
            blank[sequence.time] = logit_contributions(model, torch.zeros_like(sequence.inputs)).values
    exact = [
        (logit_contributions(model, sequence).values - blank[sequence.time])[:, int(sequence.targets[0])]
        for sequence in sequences
    ]
    agreements: dict[Method, float] = {}
    for number, method in enumerate(methods, start=1):
        totals = [totals[0] for _, totals in _scores(model, batch, method)]
        pairs = [torch.corrcoef(torch.stack([a, b]))[0, 1] for a, b in zip(totals, exact, strict=True)]
        agreements[method] = float(torch.stack(pairs).nan_to_num().mean())
        yield number / len(methods)
        yield dict(agreements)


def _scores(model: SequenceNetwork, batch: Batch, method: Method) -> Iterator[tuple[Tensor, Tensor]]:
    """The scores of each sequence for its own class, one after another, and their totals by row."""
    for row in range(len(batch)):
        attribution = attribute(model, batch[row : row + 1], int(batch.targets[row]), method)
        yield attribution.scores, attribution.rows
