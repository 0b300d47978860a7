"""Texts as tokens, letter by letter or word by word, each with a sign for its end."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Int
from torch import Tensor

from seqviz.data.vocabulary import named
from seqviz.errors import InputError

Units = Literal["letters", "words"]
UNITS: tuple[Units, ...] = ("letters", "words")
END = 0
"""The token that ends a sequence, begins a decoder's input and fills up a batch: the first of every vocabulary."""

SHOWN = 5  # unknown tokens named in an error
_WORD = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True)
class Tokens:
    """A vocabulary: a text with one letter a token, or a tuple of words. The first token is the end.

    >>> letters = Tokens.of(["banana"], "letters")
    >>> letters.vocabulary, letters.encode("nab").tolist(), letters.text([2, 0, 1])
    ('\\nabn', [3, 1, 2], 'b')
    >>> words = Tokens.of(["twenty-four", "four"], "words")
    >>> words.vocabulary, words.text(words.encode("four-twenty").tolist())
    (('<end>', '-', 'four', 'twenty'), 'four - twenty')
    """

    vocabulary: str | tuple[str, ...]

    @classmethod
    def of(cls, texts: Iterable[str], units: Units) -> "Tokens":
        """Every token of some texts, in the order of Unicode."""
        found = sorted({token for text in texts for token in split(text, units)})
        return cls("\n" + "".join(found) if units == "letters" else ("<end>", *found))

    @property
    def units(self) -> Units:
        return "letters" if isinstance(self.vocabulary, str) else "words"

    def __len__(self) -> int:
        return len(self.vocabulary)

    def split(self, text: str) -> list[str]:
        return split(text, self.units)

    def unknown(self, text: str) -> list[str]:
        """The tokens of a text that are not in the vocabulary, in order of appearance."""
        known = set(self.vocabulary)
        return [token for token in dict.fromkeys(self.split(text)) if token not in known]

    def encode(self, text: str) -> Int[Tensor, " time"]:
        """The tokens of a text, without an end.

        Raises:
            InputError: a token is not in the vocabulary; the message names it.
        """
        if unknown := self.unknown(text):
            what = "".join(named(letter) for letter in unknown[0]) if len(unknown) == 1 else ""
            listed = what or ", ".join("".join(map(named, token)) for token in unknown[:SHOWN])
            more = f" and {len(unknown) - SHOWN} more" if len(unknown) > SHOWN else ""
            raise InputError(
                f"This network does not know {listed[:200]}{more}: nothing that it learned from has "
                f"{'it' if len(unknown) == 1 else 'them'}. Leave {'it' if len(unknown) == 1 else 'them'} out."
            )
        places = {token: place for place, token in enumerate(self.vocabulary)}
        return torch.tensor([places[token] for token in self.split(text)], dtype=torch.long)

    def names(self, tokens: Iterable[int]) -> list[str]:
        """Each token by itself."""
        return [self.vocabulary[token] for token in tokens]

    def text(self, tokens: Iterable[int]) -> str:
        """The text up to the first end."""
        return self.join(self.names(before_end(tokens)))

    def join(self, names: Sequence[str]) -> str:
        return ("" if self.units == "letters" else " ").join(names)


def split(text: str, units: Units) -> list[str]:
    """A text as its letters, in one line, or as its words and marks.

    >>> split("twenty-four", "words"), split("4 2", "letters")
    (['twenty', '-', 'four'], ['4', ' ', '2'])
    """
    return list(" ".join(text.split())) if units == "letters" else _WORD.findall(text)


def before_end(tokens: Iterable[int]) -> list[int]:
    """The tokens up to the first end, which is left out."""
    kept: list[int] = []
    for token in tokens:
        if token == END:
            break
        kept.append(token)
    return kept
