"""What a written text is like, in numbers that change with the temperature."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from seqviz.instruments.sampling import entropy, next_token_distribution

NGRAM, LOOP = 4, 20  # characters
WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class Style:
    """Shares in [0, 1] of one text; one that is undefined (no word, too short) is NaN.

    `distinct`: distinct 4-grams among all 4-grams of characters. `known`: words that a corpus has, too. `looping`:
    characters that end a stretch of 20 which the text had already.
    """

    distinct: float
    known: float
    looping: float


def style(text: str, corpus: Collection[str] = ()) -> Style:
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
        _share(known, len(words)) if corpus else float("nan"),
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
