"""What a written text is like, in numbers that change with the temperature."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from jaxtyping import Float
from torch import Tensor

from seqviz.instruments.sampling import entropy, next_token_distribution

NGRAM, LOOP = 4, 20  # characters
WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class HashedWords:
    """Words of a text that is not here, each by 32 bits of its hash (BLAKE2).

    Of ten thousand words' hashes, one unknown word in 400,000 meets one by chance and is taken for known.

    >>> "be" in HashedWords.of({"to", "be"}), "not" in HashedWords.of({"to", "be"})
    (True, False)
    """

    hashes: frozenset[int]

    @classmethod
    def of(cls, words: Collection[str]) -> "HashedWords":
        return cls(frozenset(map(_hash, words)))

    @classmethod
    def from_bytes(cls, content: bytes) -> "HashedWords":
        return cls(frozenset(np.frombuffer(content, "<u4").tolist()))

    def to_bytes(self) -> bytes:
        return np.array(sorted(self.hashes), "<u4").tobytes()

    def __contains__(self, word: object) -> bool:
        return _hash(str(word)) in self.hashes

    def __len__(self) -> int:
        return len(self.hashes)


Words = Collection[str] | HashedWords


def _hash(word: str) -> int:
    return int.from_bytes(blake2b(word.encode(), digest_size=4).digest(), "little")


@dataclass(frozen=True)
class Style:
    """Shares in [0, 1] of one text; one that is undefined (no word, too short) is NaN.

    `distinct`: distinct 4-grams among all 4-grams of characters. `known`: words that a corpus has, too. `looping`:
    characters that end a stretch of 20 which the text had already.
    """

    distinct: float
    known: float
    looping: float


def style(text: str, corpus: Words = ()) -> Style:
    """The style of a text; `corpus` holds lower-case words.

    A first and a last word may be cut off, so they are left out.

    >>> style("to be or not to be", {"be", "or", "not"})
    Style(distinct=0.8666666666666667, known=0.75, looping=nan)
    """
    grams = [text[i : i + NGRAM] for i in range(len(text) - NGRAM + 1)]
    spans = [match.span() for match in WORD.finditer(text)]
    words = [text[start:end].lower() for start, end in spans if start > 0 and end < len(text)]
    stretches = [text[i : i + LOOP] for i in range(len(text) - LOOP + 1)]
    known = sum(word in corpus for word in words)
    return Style(
        _share(len(set(grams)), len(grams)),
        _share(known, len(words)) if len(corpus) else float("nan"),
        _share(len(stretches) - len(set(stretches)), len(stretches)),
    )


def words_of(text: str) -> frozenset[str]:
    """Every word of a text, in lower case."""
    return frozenset(word.lower() for word in WORD.findall(text))


def temperature_curve(
    logits: Float[Tensor, " characters"], temperatures: Float[Tensor, " t"]
) -> tuple[Float[Tensor, "t characters"], Float[Tensor, " t"]]:
    """softmax(z / T) of one character's logits at each temperature, and its entropy in bits."""
    distributions = next_token_distribution(logits.expand(len(temperatures), -1), temperatures[:, None])
    return distributions, entropy(distributions)


def _share(count: int, total: int) -> float:
    return count / total if total else float("nan")
