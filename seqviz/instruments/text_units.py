"""What single units of a character model follow in a text (Karpathy, Johnson and Fei-Fei 2015, arXiv 1506.02078)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from seqviz.errors import InputError
from seqviz.networks.network import SequenceNetwork

RARE = 0.005  # a yes-or-no property that is rarer, or less rare than the rest, says nothing
_QUOTED_OR_COMMENT = re.compile(
    r"""
    \#[^\n]*                                                  # a comment, or
    | (?<!\w)[rbuf]{0,2}                                      # quotes, which begin no word: 'tis, but not don't
      (?P<body>
        (?P<three>\"{3}|'{3}) (?:\\.|.)*? (?:(?P=three)|\Z)     # three of them, over several lines
        | (?P<one>["']) (?:\\.|(?!(?P=one))[^\\\n])* (?P=one)(?!\w)   # or one, closed on its line at the end of a word
      )
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
OPENING, CLOSING = "([{", ")]}"
PROPERTIES: Mapping[str, str] = {
    "quotes": "inside quotes",
    "brackets": "bracket depth",
    "position": "position in the line",
    "indentation": "indentation of the line",
    "capital": "a capital letter",
    "newline": "right after a line break",
    "boundary": "between words",
}


def read_units(model: SequenceNetwork, text: str) -> Float[Tensor, "time hidden"]:
    """The last layer's hidden state after every character of a text, read from an empty memory.

    Raises:
        InputError: the text is empty or holds characters that the network does not know.
    """
    if not text:
        raise InputError("There is no text to read; type or choose some.")
    with torch.no_grad():
        outputs, _ = model.encode(model.prepare(model.vocabulary.encode(text)[None])[0])
    return outputs[0]


def properties(text: str) -> dict[str, Float[Tensor, " time"]]:
    """What holds after each character, by the names in `PROPERTIES`; those that never change are left out.

    Yes and no are 1 and 0. Quotes are Python's: ' and " must be closed on their line, three of them need not, and an
    apostrophe within a word is none; a # outside of them begins a comment, in which brackets do not count. The opening
    quote is inside, the closing one is not.

    >>> properties("a (b)\\n")["brackets"].tolist()
    [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]
    """
    rows: list[tuple[float, ...]] = []
    depth, position, indentation, leading = 0, 0, 0, True
    inside, commented = _scanned(text)
    for i, character in enumerate(text):
        if not (inside[i] or commented[i]):
            depth = max(0, depth + (character in OPENING) - (character in CLOSING))
        newline = character == "\n"
        leading = (leading or newline) and character in " \t\n"
        position = 0 if newline else position + 1
        indentation = 0 if newline else indentation + leading
        word = character.isalnum() or character == "_"
        rows.append((inside[i], depth, position, indentation, character.isupper(), newline, not word))
    columns = torch.tensor(rows, dtype=torch.float32).reshape(-1, len(PROPERTIES)).unbind(dim=1)
    return {name: values for name, values in zip(PROPERTIES, columns, strict=True) if _tells(values)}


@dataclass(frozen=True)
class UnitScores:
    """How well each unit follows one property: `scores` `(hidden)`, by `measure`.

    "AUC" is the probability that the unit is higher at a place with the property than at one without (0.5: chance; near
    0 the unit is low there). "correlation" is Pearson's, in [-1, 1].
    """

    name: str
    measure: str
    scores: Float[Tensor, " hidden"]

    @property
    def strength(self) -> Float[Tensor, " hidden"]:
        """How far from chance, in [0, 1], whichever the sign."""
        return 2 * (self.scores - 0.5).abs() if self.measure == "AUC" else self.scores.abs()

    @property
    def ranking(self) -> list[int]:
        """Units, best first."""
        return self.strength.argsort(descending=True, stable=True).tolist()


def unit_scores(
    hidden: Float[Tensor, "time hidden"], values: Mapping[str, Float[Tensor, " time"]]
) -> dict[str, UnitScores]:
    """Every unit's score on every property: AUC where it is yes or no, correlation where it is a number."""
    from scipy.stats import rankdata  # a second to import, for this page alone

    ranks = torch.from_numpy(rankdata(hidden.numpy(), axis=0))  # (time, hidden), ties share their mean rank
    return {name: _scored(name, hidden.double(), ranks, target.double()) for name, target in values.items()}


def _scored(name: str, hidden: Tensor, ranks: Tensor, target: Tensor) -> UnitScores:
    yes = target == 1
    if set(target.unique().tolist()) == {0.0, 1.0}:
        count, others = int(yes.sum()), int((~yes).sum())
        above = ranks[yes].sum(dim=0) - count * (count + 1) / 2  # pairs in which the yes is higher (Mann and Whitney)
        return UnitScores(name, "AUC", above / (count * others))
    x, y = hidden - hidden.mean(dim=0), target - target.mean()
    scale = (x.square().sum(dim=0) * y.square().sum()).sqrt()
    return UnitScores(name, "correlation", torch.where(scale > 0, (x * y[:, None]).sum(dim=0) / scale, 0.0))


@dataclass(frozen=True)
class Match:
    """A stretch of the text whose states are like those of the marked one: cosine similarity in [-1, 1]."""

    start: int
    stop: int
    similarity: float


def similar_passages(
    hidden: Float[Tensor, "time hidden"], start: int, stop: int, count: int = 8
) -> tuple[tuple[Match, ...], list[int]]:
    """Where the units that are on from `start` to `stop` (not included) are on again, and which units these are.

    States are compared after each unit has been freed of its mean and scale over the text, as means over windows as
    long as the stretch. Matches overlap neither it nor each other; the units are the eight farthest from their mean.
    """
    assert 0 <= start < stop <= len(hidden), (start, stop)
    length = stop - start
    scaled = (hidden - hidden.mean(dim=0)) / hidden.std(dim=0).clamp(min=1e-6)
    sums = torch.cat([torch.zeros(1, hidden.shape[1]), scaled]).cumsum(dim=0, dtype=torch.float64)
    windows = (sums[length:] - sums[:-length]) / length  # (time - length + 1, hidden), the mean from each place on
    pattern = windows[start]
    norms = windows.square().sum(dim=1).sqrt() * pattern.norm()
    similarity = (windows @ pattern / norms.clamp(min=1e-12)).numpy()
    similarity[max(0, start - length + 1) : stop] = -np.inf
    matches: list[Match] = []
    while len(matches) < count and np.isfinite(best := similarity.max(initial=-np.inf)):
        place = int(similarity.argmax())
        matches.append(Match(place, place + length, float(best)))
        similarity[max(0, place - length + 1) : place + length] = -np.inf
    return tuple(matches), pattern.abs().topk(min(8, len(pattern))).indices.tolist()


def _scanned(text: str) -> tuple[list[bool], list[bool]]:
    """For each character whether it lies inside quotes, and whether in a comment."""
    inside, commented = [False] * len(text), [False] * len(text)
    for match in _QUOTED_OR_COMMENT.finditer(text):
        start, stop = match.span("body") if match["body"] else match.span()
        marks = inside if match["body"] else commented
        stop -= bool(match["body"]) and text[stop - 1] in "'\""  # the closing quote is outside
        marks[start:stop] = [True] * (stop - start)
    return inside, commented


def _tells(values: Tensor) -> bool:
    return len(values) > 0 and float((values != values.mode().values).float().mean()) >= RARE
