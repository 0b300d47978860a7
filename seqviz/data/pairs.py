"""Pairs of texts, one to be read and one to be written: what a network that translates learns from."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import torch

from seqviz.data.batch import Batch
from seqviz.data.datasets import SequenceData
from seqviz.data.tokens import END, Tokens, Units
from seqviz.errors import InputError
from seqviz.specs import EmbeddingInput, EncoderDecoderSpec, NetworkSpec, ObjectiveName, TrainSpec

Pair = tuple[str, str]
LONGEST = 200
"""Tokens of a text that is read or written, at most."""


@dataclass(frozen=True)
class Pairs:
    """Texts to be read, each with the text to be written; some to learn from, some held out.

    `units` say in what the two sides are read and written. Targets are tokens with an end behind them, and more ends up
    to the longest. The vocabularies are those of all the texts: a task like numbers has them from the start.
    """

    name: str
    train: tuple[Pair, ...]
    test: tuple[Pair, ...]
    units: tuple[Units, Units] = ("letters", "words")

    @property
    def objective(self) -> ObjectiveName:
        return "sequence_cross_entropy"

    @cached_property
    def source(self) -> Tokens:
        return Tokens.of((read for read, _ in self.train + self.test), self.units[0])

    @cached_property
    def target(self) -> Tokens:
        return Tokens.of((written for _, written in self.train + self.test), self.units[1])

    def encoded(self, source: Tokens, target: Tokens) -> SequenceData:
        """The pairs in these vocabularies."""
        return SequenceData(
            self.name,
            encode_pairs(self.train, source, target),
            encode_pairs(self.test, source, target),
            self.objective,
        )

    def for_network(self, spec: NetworkSpec) -> SequenceData:
        """The pairs in the network's own vocabularies.

        Raises:
            InputError: it does not read tokens and write others.
        """
        if not isinstance(spec, EncoderDecoderSpec) or not isinstance(spec.input, EmbeddingInput):
            raise InputError(f"This network does not read one text and write another, as {self.name} asks.")
        source, target = Tokens(spec.input.vocabulary), Tokens(spec.decoder.vocabulary)
        if (source, target) == (self.source, self.target):
            return self._own
        return self.encoded(source, target)

    @cached_property
    def _own(self) -> SequenceData:
        return self.encoded(self.source, self.target)

    def steps_per_epoch(self, training: TrainSpec) -> int:
        return -(-len(self.train) // training.batch_size)

    def training_batches(self, training: TrainSpec, device: torch.device, after: int = 0) -> Iterator[Batch]:
        """In the pairs' own vocabularies, shuffled as `SequenceData` does."""
        return self._own.training_batches(training, device, after)

    def test_batches(self, device: torch.device | str = "cpu") -> Iterator[Batch]:
        """In the pairs' own vocabularies."""
        return self._own.test_batches(device)


def encode_pairs(pairs: tuple[Pair, ...], source: Tokens, target: Tokens) -> Batch:
    """Pairs side by side, each target with an end behind it."""
    return Batch.collate(
        [source.encode(read) for read, _ in pairs],
        [torch.cat([target.encode(written), torch.tensor([END])]) for _, written in pairs],
    )
