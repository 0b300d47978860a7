"""Pictures with one or two handwritten digits in them, each with a sentence that says which and where.

A picture has 48 × 48 pixels in nine cells of 16 × 16. A digit is shrunk to 14 × 14 pixels, so that it can lie in its
cell in 3 × 3 ways. The digits are the embedded ones: pictures to learn from show those of the train split alone,
held-out pictures those of the test split.
"""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F
from torch.nn.utils.rnn import pad_sequence

from seqviz.data import digits as embedded
from seqviz.data.batch import Batch
from seqviz.data.datasets import SequenceData
from seqviz.data.tokens import END, Tokens
from seqviz.errors import InputError
from seqviz.specs import EncoderDecoderSpec, NetworkSpec, ObjectiveName, PictureInput, TrainSpec

SIZE, CELL, SHRUNK = 48, 16, 14
"""Pixels along each side of a picture, of a cell and of a digit in it."""
GRID = SIZE // CELL
JITTER = CELL - SHRUNK
"""Pixels by which a digit may be moved to the right and down in its cell."""
TRAIN = {1: 12_000, 2: 20_000}
"""Pictures to learn from, by the number of their digits."""
TEST = 1_000

NUMERALS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
PLACES = ("top left", "top", "top right", "left", "middle", "right", "bottom left", "bottom", "bottom right")
"""The nine cells, row by row."""
PREPOSITIONS = {"left": "on the", "middle": "in the", "right": "on the"}

Placed = tuple[tuple[int, int], ...]
"""Digits from 0 to 9, each with its place among `PLACES`."""


def caption_of(placed: Sequence[tuple[int, int]]) -> str:
    """The sentence for one digit, or for two in one row or column; each is given with its place among `PLACES`.

    Raises:
        InputError: there are more digits or none, one is not from 0 to 9 or its place not from 0 to 8, or two are not
            in one row or column.

    >>> caption_of([(7, 0)]), caption_of([(8, 4)]), caption_of([(3, 5)])
    ('a seven at the top left', 'an eight in the middle', 'a three on the right')
    >>> caption_of([(3, 7), (7, 1)]), caption_of([(7, 0), (8, 2)])
    ('a seven above a three', 'a seven left of an eight')
    """
    for digit, place in placed:
        _check_place(place)
        if not 0 <= digit < len(NUMERALS):
            raise InputError(f"{digit} is no digit; give one from 0 to 9.")
    if len(placed) == 1:
        (digit, place), name = placed[0], PLACES[placed[0][1]]
        return f"{_with_article(digit)} {PREPOSITIONS.get(name, 'at the')} {name}"
    if len(placed) != 2:
        raise InputError(f"A sentence is about one or two digits, not {len(placed)}; give one or two.")
    (first, place), (second, other) = sorted(placed, key=lambda pair: pair[1])
    relation = _relation(place, other)
    if relation is None:
        raise InputError(
            f"One digit is at place {place} ({PLACES[place]}) and one at {other} ({PLACES[other]}); "
            "put them into different cells of one row or one column."
        )
    return f"{_with_article(first)} {relation} {_with_article(second)}"


def picture(
    digits: Sequence[Tensor],
    places: Sequence[int],
    offsets: Sequence[tuple[int, int]] | None = None,
) -> Float[Tensor, "48 48"]:
    """One picture from images of 28 × 28 pixels, a visitor's drawing for example.

    Args:
        digits: the images `(28, 28)`, with values from 0 to 1.
        places: of each its place among `PLACES`, all different.
        offsets: of each how far it lies from the top and from the left of its cell, 0 to 2 pixels; default: centred.

    Raises:
        InputError: an image has another shape, there are not as many places as images, or a place or an offset is
            impossible.

    >>> drawn = picture([torch.ones(28, 28)], [PLACES.index("top right")])
    >>> drawn.shape, drawn[1:15, 33:47].mean().item(), drawn.sum().item()
    (torch.Size([48, 48]), 1.0, 196.0)
    """
    chosen = [(JITTER // 2, JITTER // 2)] * len(digits) if offsets is None else list(offsets)
    if not len(digits) == len(places) == len(chosen) == len(set(places)):
        raise InputError(
            f"There are {len(digits)} digits, {len(places)} places and {len(chosen)} offsets; "
            "give each digit one place of its own and one offset."
        )
    for image, place, offset in zip(digits, places, chosen, strict=True):
        _check_place(place)
        if image.shape != (embedded.SIDE, embedded.SIDE):
            raise InputError(f"A digit has shape {tuple(image.shape)}; give images of shape (28, 28).")
        if not all(0 <= pixels <= JITTER for pixels in offset):
            raise InputError(f"An offset is {tuple(offset)}; give 0 to {JITTER} pixels each way.")
    if not digits:
        return torch.zeros(SIZE, SIZE)
    small = shrink(torch.stack(list(digits)))
    return _compose(small[None], torch.tensor([list(places)]), torch.tensor([chosen]))[0]


def shrink(images: Float[Tensor, "n 28 28"]) -> Float[Tensor, "n 14 14"]:
    """Each pixel is the mean of four."""
    return F.avg_pool2d(images[:, None], 2)[:, 0]


@dataclass(frozen=True)
class Captions:
    """Pictures `(n, 48, 48)`, each with the letters of its sentence, filled up with ends: one at least.

    The letters are those of all sentences about one digit and about two: both tasks share a vocabulary.
    """

    name: str
    train: Batch
    test: Batch

    @property
    def objective(self) -> ObjectiveName:
        return "sequence_cross_entropy"

    @property
    def target(self) -> Tokens:
        return _letters()

    def for_network(self, spec: NetworkSpec) -> SequenceData:
        """The pictures with their sentences in the network's own vocabulary.

        Raises:
            InputError: it does not read such pictures, or cannot write the sentences.
        """
        if not isinstance(spec, EncoderDecoderSpec) or not isinstance(spec.input, PictureInput):
            raise InputError(f"This network does not read a picture and write a text, as {self.name} asks.")
        if spec.input.size != SIZE:
            raise InputError(
                f"This network reads pictures of {spec.input.size} × {spec.input.size} pixels, and those of "
                f"{self.name} have {SIZE} × {SIZE}; choose one that reads these."
            )
        target = Tokens(spec.decoder.vocabulary)
        if target == self.target:
            return self._own
        return SequenceData(
            self.name, self._written(self.train, target), self._written(self.test, target), self.objective
        )

    def _written(self, split: Batch, target: Tokens) -> Batch:
        """A split with its sentences in another vocabulary."""
        distinct, numbers = torch.unique(split.targets, dim=0, return_inverse=True)
        sentences = [self.target.text(tokens) for tokens in distinct.tolist()]
        if unknown := target.unknown(" ".join(sentences)):
            raise InputError(
                f"This network cannot write {unknown[0]!r}, which a sentence of {self.name} has; "
                "choose one that learned from such sentences."
            )
        return Batch(split.inputs, encode_sentences(sentences, target)[numbers])

    @property
    def _own(self) -> SequenceData:
        return SequenceData(self.name, self.train, self.test, self.objective)

    def steps_per_epoch(self, training: TrainSpec) -> int:
        return self._own.steps_per_epoch(training)

    def training_batches(self, training: TrainSpec, device: torch.device, after: int = 0) -> Iterator[Batch]:
        """Shuffled as `SequenceData` does."""
        return self._own.training_batches(training, device, after)

    def test_batches(self, device: torch.device | str = "cpu") -> Iterator[Batch]:
        return self._own.test_batches(device)


@functools.cache
def captions(digits: int = 1) -> Captions:
    """Pictures with one digit, or with two in one row or column; always the same ones.

    Raises:
        InputError: another number of digits.

    >>> data = captions()
    >>> data.name, data.test.inputs.shape, data.target.text(data.test.targets[0].tolist())
    ('captions', torch.Size([1000, 48, 48]), 'a zero at the top')
    """
    if digits not in TRAIN:
        raise InputError(f"There are no pictures with {digits} digits; choose 1 or 2.")
    generator = torch.Generator().manual_seed(0)
    train, test = embedded.load()
    return Captions(
        "captions" if digits == 1 else "captions-two",
        _draw(train, TRAIN[digits], digits, generator),
        _draw(test, TEST, digits, generator),
    )


def encode_sentences(sentences: Sequence[str], target: Tokens) -> Int[Tensor, "n time"]:
    """The tokens of each sentence with an end behind them, and more ends up to the longest."""
    rows = {sentence: row for row, sentence in enumerate(dict.fromkeys(sentences))}
    encoded = [torch.cat([target.encode(sentence), torch.tensor([END])]) for sentence in rows]
    table = pad_sequence(encoded, batch_first=True, padding_value=END)
    return table[torch.tensor([rows[sentence] for sentence in sentences])]


def _draw(split: Batch, count: int, digits: int, generator: torch.Generator) -> Batch:
    """So many pictures with digits of one split."""
    options = torch.tensor(_places(digits))  # (options, digits)
    places = options[torch.randint(len(options), (count,), generator=generator)]  # (count, digits)
    chosen = torch.randint(len(split), (count, digits), generator=generator)
    offsets = torch.randint(JITTER + 1, (count, digits, 2), generator=generator)
    labels = split.targets[chosen]  # (count, digits)
    sentences = [_cached_caption(tuple(map(tuple, row))) for row in torch.stack([labels, places], dim=2).tolist()]
    return Batch(_compose(shrink(split.inputs)[chosen], places, offsets), encode_sentences(sentences, _letters()))


def _compose(
    small: Float[Tensor, "n digits 14 14"], places: Int[Tensor, "n digits"], offsets: Int[Tensor, "n digits 2"]
) -> Float[Tensor, "n 48 48"]:
    """Each digit in its cell, so far from the top and from the left of it."""
    pictures = small.new_zeros(len(small), SIZE, SIZE)
    corners = torch.stack([places // GRID, places % GRID], dim=2) * CELL + offsets  # (n, digits, 2)
    rows, columns = (corners[..., None] + torch.arange(SHRUNK)).unbind(dim=2)  # (n, digits, 14) each
    picture_numbers = torch.arange(len(small))[:, None, None, None]
    pictures[picture_numbers, rows[..., :, None], columns[..., None, :]] = small
    return pictures


def _places(digits: int) -> list[tuple[int, ...]]:
    """Where so many digits can be: two are in one row or column."""
    if digits == 1:
        return [(place,) for place in range(len(PLACES))]
    return [pair for pair in combinations(range(len(PLACES)), 2) if _relation(*pair)]


@functools.cache
def _letters() -> Tokens:
    """The letters of all sentences, about one digit and about two."""
    sentences = [
        caption_of(list(zip(labels, places, strict=True)))
        for digits in TRAIN
        for places in _places(digits)
        for labels in product(range(len(NUMERALS)), repeat=digits)
    ]
    return Tokens.of(sentences, "letters")


@functools.cache
def _cached_caption(placed: Placed) -> str:
    return caption_of(placed)


def _relation(place: int, other: int) -> str | None:
    """How the first of two places in the order of `PLACES` lies to the other, where they share a row or a column."""
    if place == other:
        return None
    if place // GRID == other // GRID:
        return "left of"
    return "above" if place % GRID == other % GRID else None


def _with_article(digit: int) -> str:
    return f"{'an' if NUMERALS[digit] == 'eight' else 'a'} {NUMERALS[digit]}"


def _check_place(place: int) -> None:
    if not 0 <= place < len(PLACES):
        raise InputError(f"{place} is no place; give one from 0 (top left) to 8 (bottom right), row by row.")
