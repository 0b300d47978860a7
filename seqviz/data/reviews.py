"""Planted reviews: short verdicts on films, written by a small grammar, with the words that decide each of them.

A verdict depends on the order of words: on what is denied, from near or from far, on which of two clauses counts, on
what is compared with what. Adjectives about other things stand in between. Counting words says little about it.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

PAIRS = (
    ("good", "bad"),
    ("clever", "stupid"),
    ("funny", "boring"),
    ("moving", "tedious"),
    ("fresh", "stale"),
    ("bright", "dull"),
    ("strong", "weak"),
    ("warm", "cold"),
    ("rich", "thin"),
    ("honest", "false"),
    ("lively", "lifeless"),
    ("graceful", "clumsy"),
)
OPPOSITES: Mapping[str, str] = {
    word: other for pair in (*PAIRS, ("better", "worse")) for word, other in (pair, pair[::-1])
}
"""Of each word that praises the one that blames, and the other way round."""

TRAIN, TEST = 3_200, 800


@dataclass(frozen=True)
class PlantedReview:
    """Words and marks, whether the verdict is good, and which of the words decide that."""

    words: tuple[str, ...]
    good: bool
    deciding: tuple[bool, ...]

    @property
    def text(self) -> str:
        """The words with blanks in between."""
        return " ".join(self.words)


def planted_reviews(count: int = TRAIN + TEST, seed: int = 0) -> list[PlantedReview]:
    """So many different reviews; the same seed writes the same ones under every version of Python.

    >>> review = planted_reviews(40)[9]
    >>> review.text, review.good
    ('it is untrue that the second part , which my sister saw in town , was so stale .', True)
    >>> [word for word, decides in zip(review.words, review.deciding) if decides]
    ['untrue', 'stale']
    """
    draw, written = _Draw(seed), dict[tuple[str, ...], PlantedReview]()
    while len(written) < count:
        review = _review(draw)
        written.setdefault(review.words, review)
    return list(written.values())


class _Draw:
    """Chance, by the one method of `random.Random` whose numbers never change between versions of Python."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed).random

    def one(self, of: Sequence[T]) -> T:
        return of[int(self._random() * len(of))]

    def maybe(self, of: Sequence[str], share: float) -> str:
        """One of these, or nothing."""
        return self.one(of) if self._random() < share else ""

    def yes(self) -> bool:
        return self._random() < 0.5

    def adjective(self, good: bool) -> str:
        return self.one(PAIRS)[0 if good else 1]

    def fill(self, pattern: str) -> str:
        """A pattern with any adjective, whatever it says, and any thing that is not the film."""
        return pattern.format(any=self.adjective(self.yes()), thing=self.one(_THINGS))


def _review(draw: _Draw) -> PlantedReview:
    good = draw.yes()
    marked = " ".join(
        (
            draw.fill(draw.maybe(_OPENINGS, 0.4)),
            draw.one(_FORMS)(draw, good),
            draw.fill(draw.maybe(_ENDINGS, 0.3)),
            ".",
        )
    ).split()
    return PlantedReview(
        tuple(word.removeprefix("*") for word in marked), good, tuple(word.startswith("*") for word in marked)
    )


# A star marks a word that decides.


def _statement(draw: _Draw, good: bool) -> str:
    return f"{_subject(draw)} was {_saying(draw, good)}"


def _denial(draw: _Draw, good: bool) -> str:
    return f"{draw.one(_DENIALS)} {_subject(draw)} was {_saying(draw, not good)}"


def _contrast(draw: _Draw, good: bool) -> str:
    """The clause that `but` opens counts, and the one that `although` opens does not."""
    here = draw.one(_WHERE)
    there = draw.one([place for place in _WHERE if place != here])
    counts, yields = _saying(draw, good), _saying(draw, not good).replace("*", "")
    subject = _subject(draw)
    return draw.one(
        (
            f"{subject} was {yields} {here} , *but {counts} {there}",
            f"*although {subject} was {yields} {here} , it was {counts} {there}",
            f"{subject} was {counts} {here} , *although it was {yields} {there}",
        )
    )


def _comparison(draw: _Draw, good: bool) -> str:
    denied = draw.one((False, False, True))
    word = "better" if good != denied else "worse"
    return draw.fill(f"{_subject(draw)} was {'*not' if denied else ''} *{word} than the {{any}} one {draw.one(_SEEN)}")


_FORMS: tuple[Callable[[_Draw, bool], str], ...] = (
    _statement,
    _statement,
    _denial,
    _contrast,
    _contrast,
    _comparison,
)


def _subject(draw: _Draw) -> str:
    subject = draw.one(_SUBJECTS)
    return subject if subject == "it" else f"{subject} {draw.fill(draw.maybe(_ASIDES, 0.5))}"


def _saying(draw: _Draw, good: bool) -> str:
    """An adjective that says so, or the denial of one that says the opposite, from near or from far."""
    degree = draw.maybe(_DEGREES, 0.4)
    kind = draw.one(("plain", "plain", "plain", "near", "far"))
    if kind == "plain":
        return f"{degree} *{draw.adjective(good)}"
    between = draw.one(_BETWEEN) if kind == "far" else ""
    return f"*{draw.one(('not', 'never'))} {between} {degree} *{draw.adjective(not good)}"


_SUBJECTS = ("the film", "this story", "the play", "the second part", "it", "her new film")
_DEGREES = ("very", "really", "quite", "so")
_BETWEEN = ("in any way", "for one minute", "by any measure", ", whatever the posters say ,", "to my eyes")
_WHERE = ("at the start", "at the end", "in its first half", "in its second half", "on paper", "in places")
_SEEN = ("we saw last week", "on the other channel", "by the same people", "from the year before")
_DENIALS = ("*nobody can say that", "it is *untrue that", "*nobody who saw it told me that", "i *doubt that")
_OPENINGS = ("after a {any} dinner ,", "on a {any} evening ,", "well ,", "to begin with ,", "in a {any} cinema ,")
_ASIDES = (
    ", which my sister saw in town ,",
    ", sold with a {any} {thing} ,",
    ", after its {any} {thing} ,",
    ", made for the children ,",
)
_ENDINGS = ("; the {thing} was {any}", "; my brother had a {any} {thing}", "; we went home on foot", "; we took a bus")
_THINGS = ("poster", "trailer", "popcorn", "seat", "ticket", "song")
