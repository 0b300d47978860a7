"""A tag on every character of Python source: keyword, name, number and so on, by the standard library's `tokenize`.

Tags are those of the version of Python that runs. Soft keywords (`match`, `case`, `type`, `_`) are names. An f-string
is one string up to Python 3.11; from 3.12 on what stands in its braces is tagged as code.
"""

import functools
import io
import keyword
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from seqviz.data import stdlib
from seqviz.data.batch import Batch, mask_of
from seqviz.data.datasets import SequenceData
from seqviz.data.vocabulary import Vocabulary
from seqviz.errors import InputError
from seqviz.specs import ModelSpec, NetworkSpec, ObjectiveName, TrainSpec

TAGS = ("keyword", "name", "number", "string", "comment", "operator", "blank")
"""Blank is whitespace between tokens, with line breaks and the backslash that continues a line."""
KEYWORD, NAME, NUMBER, STRING, COMMENT, OPERATOR, BLANK = range(len(TAGS))

LENGTH = 128  # characters of a piece
TRAIN, TEST = 6_000, 1_000  # pieces, at most
CHARACTERS = "\n" + "".join(map(chr, range(32, 127)))

_STRING_PARTS = ("FSTRING_START", "FSTRING_MIDDLE", "FSTRING_END", "TSTRING_START", "TSTRING_MIDDLE", "TSTRING_END")
"""Kinds of tokens that Python has from 3.12 or 3.14 on."""
_TAG_OF_KIND = {
    tokenize.NUMBER: NUMBER,
    tokenize.STRING: STRING,
    tokenize.COMMENT: COMMENT,
    tokenize.OP: OPERATOR,
    **{kind: STRING for kind, name in tokenize.tok_name.items() if name in _STRING_PARTS},
}


def tag_characters(source: str) -> tuple[int, ...]:
    """Of each character the place of its tag among `TAGS`.

    Raises:
        InputError: Python cannot tokenise it; the message names the line.

    >>> "".join(TAGS[tag][0] for tag in tag_characters("if x:  # go"))
    'kkbnobbcccc'
    >>> tag_characters("print((1)")
    Traceback (most recent call last):
    seqviz.errors.InputError: The bracket '(' that opens in line 1 is not closed; close it.
    """
    return tuple(_tagged(source))


def _tagged(source: str) -> bytearray:
    starts = [0]  # of each line, in characters
    for line in source.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    tags = bytearray([BLANK]) * len(source)
    for token in _tokens(source):
        tag = _TAG_OF_KIND.get(token.type, BLANK)
        if token.type == tokenize.NAME:
            tag = KEYWORD if keyword.iskeyword(token.string) else NAME
        start, end = (min(starts[row - 1] + column, len(source)) for row, column in (token.start, token.end))
        if tag == STRING and token.string.endswith(("{", "}")) and source[end : end + 1] == token.string[-1]:
            end += 1  # two braces in an f-string stand for one, and the token leaves the second out
        if tag != BLANK:
            tags[start:end] = bytes([tag]) * (end - start)
    return tags


def _tokens(source: str) -> Iterator[tokenize.TokenInfo]:
    """The tokens of a text; one that Python refuses is an InputError."""
    brackets: list[tuple[str, int]] = []  # that are open, each with its line
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.ERRORTOKEN and not token.string.isspace():
                raise _refused(token)
            if token.type == tokenize.OP and token.string in "([{":
                brackets.append((token.string, token.start[0]))
            elif token.type == tokenize.OP and token.string in ")]}" and brackets:
                brackets.pop()
            yield token
    except tokenize.TokenError as error:
        raise _unfinished(str(error.args[0]), error.args[1][0], brackets) from error
    except SyntaxError as error:
        raise InputError(
            f"Line {error.lineno} is not indented as any block around it ({error.msg}); indent it as one of them."
            if isinstance(error, IndentationError)
            else f"Python cannot read line {error.lineno} ({error.msg}); correct it."
        ) from error
    except UnicodeEncodeError as error:
        raise InputError(
            f"Python cannot read half a character ({error.object[error.start]!r}); take it out."
        ) from error


def _refused(token: tokenize.TokenInfo) -> InputError:
    line = token.start[0]
    if token.string.lstrip("rRbBuUfF").startswith(("'", '"')):
        return _open_string(line)
    return InputError(f"Python cannot read {token.string!r} in line {line}; take it out.")


def _unfinished(reason: str, line: int, brackets: list[tuple[str, int]]) -> InputError:
    """By what `tokenize` says, which depends on the version of Python."""
    if "string" in reason:
        return _open_string(line)
    if brackets and ("EOF" in reason or "never closed" in reason):
        bracket, opened = brackets[-1]
        return InputError(f"The bracket {bracket!r} that opens in line {opened} is not closed; close it.")
    return InputError(f"Python cannot read line {line} ({reason}); correct it.")


def _open_string(line: int) -> InputError:
    return InputError(f"The string that begins in line {line} has no end; close it.")


@dataclass(frozen=True)
class Tagged:
    """Pieces of Python source as characters `(n, time)`, with a tag for each of them `(n, time)`."""

    name: str
    train: Batch
    test: Batch

    @property
    def objective(self) -> ObjectiveName:
        return "step_cross_entropy"

    @property
    def vocabulary(self) -> Vocabulary:
        """The line break and the printable characters of ASCII."""
        return Vocabulary(CHARACTERS)

    def for_network(self, spec: NetworkSpec) -> SequenceData:
        """The pieces in the network's own vocabulary.

        Raises:
            InputError: it does not read characters, does not answer after each with one of the tags, or does not know
                a character of the pieces.
        """
        if not isinstance(spec, ModelSpec) or spec.characters is None or spec.head.kind != "each_step":
            raise InputError(
                f"This network does not read characters and answer after each one, so it cannot learn from {self.name}."
            )
        if spec.head.outputs != len(TAGS):
            raise InputError(
                f"This network has {spec.head.outputs} outputs at each step, and there are {len(TAGS)} tags; "
                f"choose one with {len(TAGS)}."
            )
        if spec.characters == self.vocabulary.characters:
            return self._own
        other = Vocabulary(spec.characters)
        return SequenceData(self.name, self._read(self.train, other), self._read(self.test, other), self.objective)

    def _read(self, split: Batch, other: Vocabulary) -> Batch:
        """A split in another vocabulary."""
        assert split.lengths is not None
        read = mask_of(split.lengths, split.time)  # (n, time)
        used = split.inputs[read].unique()
        table = torch.zeros(len(self.vocabulary), dtype=torch.long)
        table[used] = other.encode(self.vocabulary.decode(used.tolist()))
        return Batch(table[split.inputs] * read, split.targets, split.lengths)

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


Piece = tuple[str, bytes]
"""A few lines, and the tags of their characters."""


@functools.cache
def tags() -> Tagged:
    """Pieces of the standard library's modules; those held out are from modules that are (see `stdlib`).

    Raises:
        DataMissing: this Python came without its source.

    >>> data = tags()
    >>> data.name, len(data.train), len(data.test), data.objective
    ('tags', 6000, 1000, 'step_cross_entropy')
    """
    train_text, test_text = stdlib.read()
    generator = torch.Generator().manual_seed(0)
    learned = dict(cut(train_text))
    held_out = {text: marks for text, marks in cut(test_text) if text not in learned}
    return Tagged("tags", _batch(learned, TRAIN, generator), _batch(held_out, TEST, generator))


def cut(source: str) -> list[Piece]:
    """Pieces of `LENGTH` characters, each from the beginning of a line on that no string spans.

    All are of one length, so that no batch has padding, for which PyTorch's fastest layers have no time. Pieces with
    other than `CHARACTERS` are left out.

    Raises:
        InputError: Python cannot tokenise it.
    """
    marks = bytes(_tagged(source))
    pieces, after = [], 0
    for start, stop in _whole(source, marks):
        if start >= after and not source[start:stop].isspace() and start + LENGTH <= len(source):
            after = start + LENGTH
            pieces.append((source[start:after], marks[start:after]))
    return [piece for piece in pieces if set(piece[0]) <= set(CHARACTERS)]


def _whole(source: str, marks: bytes) -> Iterator[tuple[int, int]]:
    """Where each line begins and ends; lines that one string spans are taken together."""
    start, stop = 0, source.find("\n") + 1
    while stop:
        if marks[stop - 1] != STRING:
            yield start, stop
            start = stop
        stop = source.find("\n", stop) + 1


def _batch(pieces: dict[str, bytes], most: int, generator: torch.Generator) -> Batch:
    """Some of the pieces, drawn at random, in the order of the source."""
    listed, vocabulary = list(pieces.items()), Vocabulary(CHARACTERS)
    numbers = torch.randperm(len(pieces), generator=generator)[:most].sort().values
    chosen = [listed[number] for number in numbers.tolist()]
    encoded = [vocabulary.encode(text) for text, _ in chosen]
    targets = [torch.frombuffer(bytearray(marks), dtype=torch.uint8).long() for _, marks in chosen]
    return Batch.collate(encoded, targets)
