"""What each word of a text adds to its answer, by several methods, and how well they find the words that decide."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor

from seqviz.data.reviews import PlantedReview
from seqviz.data.words import UNKNOWN
from seqviz.errors import InputError
from seqviz.instruments.attribution import Method, attribute
from seqviz.instruments.grading import Grade, precision_at_evidence
from seqviz.instruments.word_reading import WordReading, read_words, vocabulary_of
from seqviz.networks.network import SequenceNetwork

WordMethod = Literal["left_out", "unknown", "integrated_gradients"]
WORD_METHODS: tuple[WordMethod, ...] = get_args(WordMethod)


def attribute_words(
    model: SequenceNetwork, reading: WordReading, method: WordMethod = "integrated_gradients"
) -> Float[Tensor, " time"]:
    """What each word of a text that was read adds to the score (a logit, in nats) of the class that was answered.

    `left_out`: against the text without the word. `unknown`: against the text with `<unk>` in its place (occlusion).
    `integrated_gradients` (Sundararajan, Taly and Yan 2017, arXiv 1703.01365): along the straight path from vectors of
    zeros to the words' own; a word's entries are summed, and the total is the difference of the two scores.

    Raises:
        InputError: no such method, or a network that does not read words.

    >>> from seqviz import ModelSpec, build_model
    >>> model = build_model(ModelSpec.text_classifier(("<pad>", "<unk>", "good"), hidden_size=4))
    >>> attribute_words(model, read_words(model, ["very", "good"])).shape
    torch.Size([2])
    """
    if method not in WORD_METHODS:
        raise InputError(f"There is no method {method!r}; choose one of {', '.join(WORD_METHODS)}.")
    words = reading.words
    if method == "left_out":
        return reading.changes
    vocabulary, baseline = vocabulary_of(model), None
    if method == "unknown":
        unknown = vocabulary.encode([UNKNOWN] * len(words))
        with torch.no_grad():
            baseline = model.prepare(unknown[None])[0]
    kind: Method = "occlusion_rows" if method == "unknown" else "integrated_gradients"
    tokens = vocabulary.encode(words)[None]
    return attribute(model, tokens, reading.answer, kind, baseline).rows[0]


def grade_words(
    model: SequenceNetwork, texts: Sequence[PlantedReview], methods: Sequence[WordMethod] = WORD_METHODS
) -> Iterator[float | Mapping[WordMethod, Grade]]:
    """The share of deciding words among the k words with the largest |score|, where k words decide.

    Only texts that the network answers rightly count. Yields the share done, and at the end the grades.

    Raises:
        InputError: the network answers none of them rightly, or has more than two classes.
    """
    if model.spec.head.outputs != 1:
        raise InputError("Only a network with two classes can be held against verdicts that are good or bad.")
    read = [(text, read_words(model, text.words)) for text in texts]
    right = [(text, reading) for text, reading in read if reading.answer == int(text.good)]
    if not right:
        raise InputError("The network answers none of these reviews rightly, so there is nothing to grade.")
    found: dict[WordMethod, list[float]] = {method: [] for method in methods}
    chances = []
    for number, (text, reading) in enumerate(right, start=1):
        deciding = torch.tensor(text.deciding)[None]
        chances.append(float(deciding.float().mean()))
        for method in methods:
            scores = attribute_words(model, reading, method)
            found[method].append(float(precision_at_evidence(scores[None, :, None], deciding)))
        yield number / len(right)
    chance = sum(chances) / len(chances)
    yield {method: _grade(torch.tensor(shares), chance) for method, shares in found.items()}


def _grade(shares: Float[Tensor, " texts"], chance: float) -> Grade:
    error = float(shares.std() / len(shares) ** 0.5) if len(shares) > 1 else float("nan")
    return Grade(float(shares.mean()), error, chance, len(shares))
