"""Texts with a class each, as a network of words reads them."""

import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch

from seqviz.data import imdb, sentiment
from seqviz.data.batch import Batch
from seqviz.data.datasets import SequenceData
from seqviz.data.names import REVIEWS
from seqviz.data.reviews import TRAIN, planted_reviews
from seqviz.data.words import WordVocabulary, tokenize
from seqviz.errors import DataError, InputError
from seqviz.specs import ModelSpec, NetworkSpec, ObjectiveName, TrainSpec

Words = tuple[str, ...]
VERDICTS = ("negative", "positive")
HELD_OUT = 10  # one text in so many
LONGEST = 200  # words of an IMDB review that are read
RARE = 10  # words of IMDB that occur less often are unknown


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


def load_reviews(
    name: str,
    root: Path | str | None = None,
    *,
    download: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> LabelledTexts:
    """Reviews with their verdicts.

    Args:
        name: "planted" (written by a small grammar, `seqviz.data.reviews`) or "reviews" (13,640 sentences that people
            wrote, `seqviz.data.sentiment`, a tenth of them held out; words that occur once are unknown) or "imdb"
            (50,000 reviews, `seqviz.data.imdb`, split as published; the first 200 words of each).
        root: the folder of the latter two; default: the environment's `SEQVIZ_DATA`, else the user's cache folder.
        download: fetch what is not there; nothing is ever downloaded otherwise.
        progress: called with (bytes so far, bytes in all) while downloading.

    Raises:
        DataError: there are none of this name, or they are missing, damaged or out of reach.

    >>> data = load_reviews("planted")
    >>> len(data.train), len(data.test), data.classes
    (3200, 800, ('negative', 'positive'))
    """
    if name not in REVIEWS:
        raise DataError(f"There are no reviews {name!r}; choose one of {', '.join(REVIEWS)}.")
    if name == "imdb":
        learned, held_out = imdb.load(root, download=download, progress=progress)
        (train, train_labels), (test, test_labels) = _first_words(learned), _first_words(held_out)
        return LabelledTexts(name, train, test, train_labels, test_labels, at_least=RARE)
    if name == "reviews":
        return _split(name, sentiment.load(root, download=download, progress=progress))
    reviews = planted_reviews()
    words, labels = tuple(review.words for review in reviews), tuple(int(review.good) for review in reviews)
    return LabelledTexts(name, words[:TRAIN], words[TRAIN:], labels[:TRAIN], labels[TRAIN:])


def rarest_known(data: LabelledTexts, words: Sequence[str]) -> int:
    """How often the rarest of these words occurs in what is learned from: the cut of which they are the vocabulary."""
    counts = Counter(word for text in data.train for word in text)
    return min((counts[word] for word in words[2:]), default=1)  # the first two are no words


def available_reviews(root: Path | str | None = None) -> list[str]:
    """The reviews that can be loaded on this machine without a download."""
    there = {"planted": True, "reviews": sentiment.present(root), "imdb": imdb.present(root)}
    return [name for name in REVIEWS if there[name]]


def _first_words(texts: Sequence[tuple[str, int]]) -> tuple[tuple[Words, ...], tuple[int, ...]]:
    """Each word is kept once, however often it occurs: of millions, that saves nine tenths of the memory."""
    read = [(tuple(map(sys.intern, tokenize(text)[:LONGEST])), label) for text, label in texts]
    full = [(words, label) for words, label in read if words]
    return tuple(words for words, _ in full), tuple(label for _, label in full)


def _split(name: str, texts: Sequence[tuple[str, int]]) -> LabelledTexts:
    """A tenth is held out, chosen by chance that is always the same; of texts with the same words one is kept."""
    read = {words: label for text, label in texts if (words := tuple(tokenize(text)))}
    chance = random.Random(0)
    shuffled = sorted(read, key=lambda _: chance.random())
    border = len(shuffled) - len(shuffled) // HELD_OUT
    train, test = tuple(shuffled[:border]), tuple(shuffled[border:])
    train_labels, test_labels = (tuple(read[words] for words in part) for part in (train, test))
    return LabelledTexts(name, train, test, train_labels, test_labels, at_least=2)
