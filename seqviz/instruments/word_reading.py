"""A text read word by word, in both directions: what each reader remembers and answers, and what each word changes."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from seqviz.data.batch import Batch
from seqviz.data.words import UNKNOWN, WordVocabulary
from seqviz.errors import InputError
from seqviz.instruments.trace import Trace, trace
from seqviz.networks.answers import class_shares
from seqviz.networks.network import SequenceNetwork


@dataclass(frozen=True)
class WordReading:
    """One text as a network read it; shares are those of the class that it answers with in the end.

    `forward[t]` is the share after the words 0..t, `backward[t]` after the words t..T-1, each read as if it were the
    whole text. `changes[t]` is what word t does to the score of that class (a logit, in nats), against the same text
    without it; a text of one word is held against an unknown one.
    """

    words: tuple[str, ...]
    known: tuple[bool, ...]
    trace: Trace
    answer: int
    forward: Float[Tensor, " time"]
    backward: Float[Tensor, " time"]
    changes: Float[Tensor, " time"]

    @property
    def share(self) -> float:
        """Of the class that it answers with, when it has read everything."""
        return float(self.forward[-1])


def vocabulary_of(model: SequenceNetwork) -> WordVocabulary:
    """The words that a network knows.

    Raises:
        InputError: it does not read words.
    """
    if model.spec.words is None:
        raise InputError("This network does not read words; choose one that has learned from reviews.")
    return WordVocabulary(model.spec.words)


def read_words(model: SequenceNetwork, words: Sequence[str]) -> WordReading:
    """Read a text; of two classes the network's one logit is that of the second.

    Raises:
        InputError: there are no words, or the network does not read words and answer at their end.

    >>> from seqviz import ModelSpec, build_model
    >>> model = build_model(ModelSpec.text_classifier(("<pad>", "<unk>", "good"), hidden_size=4))
    >>> reading = read_words(model, ["very", "good"])
    >>> reading.known, reading.forward.shape, bool(reading.forward[-1] == reading.backward[0])
    ((False, True), torch.Size([2]), True)
    """
    vocabulary = vocabulary_of(model)
    if not words:
        raise InputError("There are no words in this text. Type at least one.")
    tokens = vocabulary.encode(words)
    seen = trace(model, tokens[None])
    forward = seen.prefix_logits[0]
    with torch.no_grad():
        backward = _answers(model, [tokens[start:] for start in range(len(tokens))])
        without = _answers(model, _each_left_out(tokens, int(vocabulary.encode([UNKNOWN]))))
    answer = int(class_shares(forward[-1:]).argmax())
    sign = -1.0 if forward.shape[1] == 1 and answer == 0 else 1.0
    column = 0 if forward.shape[1] == 1 else answer
    return WordReading(
        tuple(words),
        tuple(word in vocabulary for word in words),
        seen,
        answer,
        class_shares(forward)[:, answer],
        class_shares(backward)[:, answer],
        sign * (forward[-1, column] - without[:, column]),
    )


def _answers(model: SequenceNetwork, texts: Sequence[Tensor]) -> Float[Tensor, "texts answers"]:
    """To texts `(time,)` of any lengths, side by side."""
    batch = Batch.collate(texts, torch.zeros(len(texts)))
    return model(batch.inputs, batch.lengths)


def _each_left_out(tokens: Tensor, unknown: int) -> list[Tensor]:
    if len(tokens) == 1:
        return [torch.tensor([unknown])]
    return [torch.cat([tokens[:place], tokens[place + 1 :]]) for place in range(len(tokens))]
