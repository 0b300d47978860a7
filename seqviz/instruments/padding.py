"""What padding does to an answer: the same text in longer and longer batches, with and without packing."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from seqviz.data.batch import mask_of
from seqviz.data.words import PAD
from seqviz.errors import InputError
from seqviz.instruments.trace import Trace, trace
from seqviz.instruments.word_reading import vocabulary_of
from seqviz.networks.answers import class_shares
from seqviz.networks.network import SequenceNetwork


@dataclass(frozen=True)
class PaddedReading:
    """One text with padding behind it, read as if the padding were words.

    `trace` is of the words and all the padding. The shares, of the class that the packed text is answered with, are
    after each step: over the words, what a network would answer that has read so many of them; from their end on, with
    so much padding behind them. `unpacked` reads on; `masked` reads on, but its head looks at the words alone; `packed`
    stops where the text ends.
    """

    words: tuple[str, ...]
    pads: int
    answer: int
    trace: Trace
    unpacked: Float[Tensor, " time"]
    masked: Float[Tensor, " time"]
    packed: Float[Tensor, " time"]


@dataclass(frozen=True)
class Way:
    """One line of code that takes a state from a padded batch, what has been read there, and the share it gives."""

    code: str
    reads: str
    share: float
    right: bool = False


def read_padded(model: SequenceNetwork, words: Sequence[str], pads: int) -> PaddedReading:
    """Read a text with 0 to `pads` steps of padding behind it.

    Raises:
        InputError: there are no words, or the network does not read words.
    """
    tokens = _padded(model, words, pads)
    count, time = len(words), len(words) + pads
    with torch.no_grad():
        seen = trace(model, tokens[None])
        lengths = torch.arange(count, time + 1)
        x = model.embed(tokens[None]).expand(len(lengths), -1, -1)
        outputs, _ = model.encode(x, lengths=lengths)
        text = mask_of(torch.full((len(lengths),), count), time)
        masked = model.head(outputs, text)
        alone = trace(model, tokens[None, :count]).prefix_logits[0]
    answer = int(class_shares(alone[-1:]).argmax())

    def shares(later: Tensor) -> Tensor:
        """Over the words, then over the padding."""
        return class_shares(torch.cat([alone, later[1:]]))[:, answer]

    unpacked = model.answer(outputs, lengths).detach()
    still = alone[-1:].expand(len(lengths), -1)
    return PaddedReading(tuple(words), pads, answer, seen, shares(unpacked), shares(masked), shares(still))


def ways_to_read(model: SequenceNetwork, words: Sequence[str], pads: int) -> list[Way]:
    """Six ways to take the last state from a padded batch of one text; only the first is right in both directions.

    Raises:
        InputError: the network's head does not read the last state, or there are no words.
    """
    if model.spec.head.kind != "last":
        raise InputError(
            f"This network's head reads {model.spec.head.kind} over all states; the traps are those of the last one."
        )
    tokens, count = _padded(model, words, pads)[None], torch.tensor([len(words)])
    with torch.no_grad():
        x = model.embed(tokens)
        packed, ended = model.encode(x, lengths=count)
        unpacked, read_on = model.encode(x)
        final, final_unpacked = (_last_states(state, model.spec.encoder.directions) for state in (ended, read_on))

        def shares(features: Tensor) -> Tensor:
            return class_shares(features @ model.head.weight.T + model.head.bias)[0]

        answer = int(shares(final).argmax())

        def share(features: Tensor) -> float:
            return float(shares(features)[answer])

        both = model.spec.encoder.bidirectional
        one_word = "the backward half has read one word" if both else "the text to its end: right in one direction"
        return [
            Way("packed: h_n", "the text, to its end in each direction", share(final), right=True),
            Way("packed: output[lengths − 1]", one_word, share(packed[:, len(words) - 1]), right=not both),
            Way("packed: output[:, −1]", "zeros, behind the end" if pads else one_word, share(packed[:, -1])),
            Way("padded: h_n", "the padding, too", share(final_unpacked)),
            Way(
                "padded: output[lengths − 1]",
                "the backward half has read the padding and one word" if both else one_word,
                share(unpacked[:, len(words) - 1]),
                right=not both,
            ),
            Way(
                "padded: output[:, −1]",
                "the padding; its backward half nothing else" if both else "the padding, too",
                share(unpacked[:, -1]),
            ),
        ]


def _last_states(state: Tensor | tuple[Tensor, Tensor], directions: int) -> Float[Tensor, "batch features"]:
    """The last layer's part of `h_n`, both directions side by side."""
    h_n = state[0] if isinstance(state, tuple) else state
    return h_n[-directions:].transpose(0, 1).flatten(1)


def _padded(model: SequenceNetwork, words: Sequence[str], pads: int) -> Tensor:
    if not words:
        raise InputError("There are no words in this text. Type at least one.")
    return vocabulary_of(model).encode([*words, *[PAD] * pads])
