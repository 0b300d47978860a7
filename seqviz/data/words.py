"""Texts as words, and words as numbers."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Int
from torch import Tensor

from seqviz.errors import InputError

PAD, UNKNOWN = "<pad>", "<unk>"
UNKNOWN_TOKEN = 1
LONGEST_WORD = 40  # characters; what is longer is cut, so that no word is a text
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*|[^\w\s]|_")


def tokenize(text: str) -> list[str]:
    """Words in small letters, with the apostrophes and hyphens inside them; every other sign stands for itself.

    >>> tokenize("It isn't half-bad, Zoë!")
    ['it', "isn't", 'half-bad', ',', 'zoë', '!']
    """
    return [word[:LONGEST_WORD] for word in _WORD.findall(text.lower().replace("\0", " "))]


@dataclass(frozen=True)
class WordVocabulary:
    """The words that a network knows; a word's token is its place among them.

    The first two are no words: what fills a batch up behind the end of a text, and what stands for a word that is not
    in the vocabulary.

    >>> vocabulary = WordVocabulary.of([["not", "good"], ["good"]])
    >>> vocabulary.words, vocabulary.encode(["not", "bad"]).tolist()
    (('<pad>', '<unk>', 'good', 'not'), [3, 1])
    """

    words: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.words[:2] != (PAD, UNKNOWN):
            raise InputError(f"A vocabulary of words begins with {PAD} and {UNKNOWN}; this one with {self.words[:2]}.")

    @classmethod
    def of(cls, texts: Iterable[Sequence[str]], at_least: int = 1) -> "WordVocabulary":
        """The words that occur `at_least` so often, the most frequent first, then by the alphabet."""
        counts = Counter(word for words in texts for word in words)
        known = [word for word, count in counts.items() if count >= at_least and word not in (PAD, UNKNOWN)]
        return cls((PAD, UNKNOWN, *sorted(known, key=lambda word: (-counts[word], word))))

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: str) -> bool:
        return word in self._tokens

    @cached_property
    def _tokens(self) -> dict[str, int]:
        return {word: token for token, word in enumerate(self.words)}

    def encode(self, words: Sequence[str]) -> Int[Tensor, " time"]:
        """The tokens of these words."""
        return torch.tensor([self._tokens.get(word, UNKNOWN_TOKEN) for word in words], dtype=torch.long)
