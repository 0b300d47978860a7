"""What a network has made of its words: where their vectors lie, what each says alone, and which are alike."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from seqviz.errors import InputError
from seqviz.instruments.paths import state_paths
from seqviz.instruments.word_reading import vocabulary_of
from seqviz.networks.answers import class_shares
from seqviz.networks.network import SequenceNetwork


@dataclass(frozen=True)
class EmbeddingHistory:
    """The rows of `nn.Embedding.weight` at several times.

    `points` lie in the plane of the first two principal components of the last rows; `explained` is the share of their
    variance along each. `alone` is the share of the last class, if the word were the whole text. `vectors` are the
    rows themselves.
    """

    words: tuple[str, ...]
    vectors: Float[Tensor, "times words size"]
    points: Float[Tensor, "times words 2"]
    explained: Float[Tensor, " 2"]
    alone: Float[Tensor, "times words"]


def embedding_history(networks: Sequence[SequenceNetwork]) -> EmbeddingHistory:
    """The words of one network at several times, the last of which decides the plane.

    Raises:
        InputError: it does not read words, or has too few of them, or numbers that are not finite.

    >>> from seqviz import ModelSpec, build_model
    >>> model = build_model(ModelSpec.text_classifier(("<pad>", "<unk>", "good"), hidden_size=4))
    >>> history = embedding_history([model, model])
    >>> history.points.shape, bool((history.points[0] == history.points[1]).all())
    (torch.Size([2, 3, 2]), True)
    """
    vocabulary = vocabulary_of(networks[-1])
    vectors = torch.stack([_vectors(network) for network in networks])
    plane = state_paths(vectors[-1:])
    each = torch.arange(len(vocabulary.words))[:, None]  # (words, time 1)
    with torch.no_grad():
        alone = torch.stack([class_shares(network(each))[:, -1] for network in networks])
    return EmbeddingHistory(vocabulary.words, vectors, plane.project(vectors), plane.explained, alone)


def neighbours(model: SequenceNetwork, word: str, count: int = 8) -> tuple[tuple[str, float], ...]:
    """The words whose vectors point most in the same direction, and the cosines; an unknown word has those of `<unk>`.

    Raises:
        InputError: the network does not read words.
    """
    vocabulary, vectors = vocabulary_of(model), _vectors(model)
    own = int(vocabulary.encode([word]))
    likeness = torch.cosine_similarity(vectors, vectors[own][None], dim=1)
    likeness[[0, 1, own]] = -2.0  # the padding and the unknown word are no neighbours
    found = likeness.topk(min(count, len(likeness) - len({0, 1, own})))
    return tuple(
        (vocabulary.words[token], cosine)
        for token, cosine in zip(found.indices.tolist(), found.values.tolist(), strict=True)
    )


def _vectors(model: SequenceNetwork) -> Float[Tensor, "words size"]:
    if model.embedding is None:
        raise InputError("This network has no embedding; choose one that reads words.")
    return model.embedding.weight.detach().cpu()
