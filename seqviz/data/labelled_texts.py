"""Texts with a class each, as a network of words reads them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import torch

from seqviz.data.batch import Batch
from seqviz.data.datasets import SequenceData
from seqviz.data.names import REVIEWS
from seqviz.data.reviews import TRAIN, planted_reviews
from seqviz.data.words import WordVocabulary
from seqviz.errors import DataError, InputError
from seqviz.specs import ModelSpec, NetworkSpec, ObjectiveName, TrainSpec

Words = tuple[str, ...]
VERDICTS = ("negative", "positive")


@dataclass(frozen=True)
class LabelledTexts:
    """Texts in words with the number of their class, some to learn from and some that are held out.

    With two classes the network answers with one logit, that of the second. The vocabulary is that of the texts to
    learn from; words that occur less often than `at_least` are unknown.
    """

    name: str
    train: tuple[Words, ...]
    test: tuple[Words, ...]
    train_labels: tuple[int, ...]
    test_labels: tuple[int, ...]
    classes: tuple[str, ...] = VERDICTS
    at_least: int = 1

    @property
    def objective(self) -> ObjectiveName:
        return "binary_cross_entropy" if len(self.classes) == 2 else "cross_entropy"

    @property
    def outputs(self) -> int:
        """Numbers that a network answers with."""
        return 1 if len(self.classes) == 2 else len(self.classes)

    @cached_property
    def vocabulary(self) -> WordVocabulary:
        return WordVocabulary.of(self.train, self.at_least)

    def encoded(self, vocabulary: WordVocabulary) -> SequenceData:
        """The texts as tokens, each with its length."""
        parts = ((self.train, self.train_labels), (self.test, self.test_labels))
        train, test = (
            Batch.collate([vocabulary.encode(words) for words in texts], torch.tensor(labels))
            for texts, labels in parts
        )
        return SequenceData(self.name, train, test, self.objective)

    def for_network(self, spec: NetworkSpec) -> SequenceData:
        """The texts in the network's own vocabulary.

        Raises:
            InputError: it does not read words, or does not answer with as many numbers.
        """
        words = spec.words if isinstance(spec, ModelSpec) else None
        if not isinstance(spec, ModelSpec) or words is None or spec.head.kind == "each_step":
            raise InputError(f"This network does not read words and answer at their end, as {self.name} asks.")
        if spec.head.outputs != self.outputs:
            raise InputError(
                f"This network answers with {spec.head.outputs} numbers; with the {len(self.classes)} classes of "
                f"{self.name} they must be {self.outputs}."
            )
        return self._own if words == self.vocabulary.words else self.encoded(WordVocabulary(words))

    @cached_property
    def _own(self) -> SequenceData:
        return self.encoded(self.vocabulary)

    def steps_per_epoch(self, training: TrainSpec) -> int:
        return self._own.steps_per_epoch(training)

    def training_batches(self, training: TrainSpec, device: torch.device, after: int = 0) -> Iterator[Batch]:
        """In the texts' own vocabulary, shuffled as `SequenceData` does."""
        return self._own.training_batches(training, device, after)

    def test_batches(self, device: torch.device | str = "cpu") -> Iterator[Batch]:
        """In the texts' own vocabulary."""
        return self._own.test_batches(device)


def load_reviews(name: str) -> LabelledTexts:
    """Reviews with their verdicts: "planted" are written by a small grammar (`seqviz.data.reviews`).

    Raises:
        DataError: there are none of this name.

    >>> data = load_reviews("planted")
    >>> len(data.train), len(data.test), data.classes
    (3200, 800, ('negative', 'positive'))
    """
    if name not in REVIEWS:
        raise DataError(f"There are no reviews {name!r}; choose one of {', '.join(REVIEWS)}.")
    reviews = planted_reviews()
    words, labels = tuple(review.words for review in reviews), tuple(int(review.good) for review in reviews)
    return LabelledTexts(name, words[:TRAIN], words[TRAIN:], labels[:TRAIN], labels[TRAIN:])
