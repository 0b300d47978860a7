"""Characters and their numbers."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int
from numpy.typing import NDArray
from torch import Tensor

from seqviz.errors import InputError

SHOWN = 5  # unknown characters named in an error


@dataclass(frozen=True)
class Vocabulary:
    """The characters that a language model knows; a character's token is its place among them.

    >>> vocabulary = Vocabulary.of("banana")
    >>> vocabulary.characters, vocabulary.encode("nab").tolist(), vocabulary.decode([2, 0, 1])
    ('abn', [2, 0, 1], 'nab')
    """

    characters: str

    @classmethod
    def of(cls, text: str) -> "Vocabulary":
        """Every character of a text, in the order of Unicode."""
        return cls("".join(sorted(set(text))))

    def __len__(self) -> int:
        return len(self.characters)

    def unknown(self, text: str) -> list[str]:
        """The characters of a text that are not in the vocabulary, in order of appearance."""
        known = set(self.characters)
        return [character for character in dict.fromkeys(text) if character not in known]

    def encode(self, text: str) -> Int[Tensor, " time"]:
        """The tokens of a text.

        Raises:
            InputError: a character is not in the vocabulary; the message names it.
        """
        if unknown := self.unknown(text):
            named = ", ".join(f"{character!r} (U+{ord(character):04X})" for character in unknown[:SHOWN])
            more = f" and {len(unknown) - SHOWN} more" if len(unknown) > SHOWN else ""
            raise InputError(
                f"This network does not know {named}{more}: the text that it learned from has no such character. "
                "Leave it out."
            )
        known, points = _code_points(self.characters), _code_points(text)
        order = known.argsort()
        return torch.from_numpy(order[np.searchsorted(known[order], points)])

    def decode(self, tokens: Iterable[int]) -> str:
        """The text of tokens."""
        return "".join(self.characters[token] for token in tokens)


def _code_points(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


def named(character: str) -> str:
    """A character as lists and charts call it: what cannot be seen by a sign, as the player does (`characters.js`).

    >>> [named(character) for character in ("a", " ", "\\n", "\\x00", "\\u202e")]
    ['a', '␣', '↵', '␀', '⟨U+202E⟩']
    """
    signs = {" ": "␣", "\n": "↵", "\t": "⇥", "\x7f": "␡"}
    if character in signs:
        return signs[character]
    if ord(character) < 32:
        return chr(0x2400 + ord(character))
    unseen = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zs", "Zl", "Zp")
    return f"⟨U+{ord(character):04X}⟩" if unseen else character


def visible(text: str) -> str:
    """A text with a sign in place of every control or format character, but with its blanks and line breaks.

    >>> visible("a b\\n\\x1b[0m")
    'a b\\n␛[0m'
    """
    return "".join(character if character in " \n\t" else named(character) for character in text)
