"""Texts with classes that somebody brings as a table, and the form in which they are kept."""

import csv
import hashlib
import io
import random
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from seqviz.data.labelled_texts import HELD_OUT, LONGEST, LabelledTexts, Words
from seqviz.data.tables import LONGEST_NAME, Table
from seqviz.data.words import tokenize
from seqviz.errors import DataCorrupt, InputError

MOST_CLASSES = 20
FEWEST = 5  # texts of a class: one is held out, four are learned from
COLUMNS = ("held out", "label", "words")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
SHOWN = 3  # classes that a message names
PREFIX = "table-"
"""Of the names of such texts; twelve digits of a sum over their content follow."""


@dataclass(frozen=True)
class LabelledTable:
    """What a table came to: the texts, and how many of its rows have no part in them, by the reason."""

    texts: LabelledTexts
    left_out: dict[str, int]


def labelled_table(table: Table, text: str, label: str) -> LabelledTable:
    """Two columns of a table as texts with classes; a tenth of each class is held out, by a chance that stays the same.

    Rows without words or without a label are left out, and of rows with the same words the first is kept. The first
    `LONGEST` words of a text are read. Classes are in the order of their names, or of their numbers.

    Raises:
        InputError: the columns are the same, there are too few or too many classes, or too few texts of one.

    >>> rows = tuple((f"film {number}", "good" if number % 2 else "bad") for number in range(20))
    >>> brought = labelled_table(Table(("text", "label"), rows, True, 0), "text", "label")
    >>> brought.texts.classes, len(brought.texts.train), len(brought.texts.test)
    (('bad', 'good'), 18, 2)
    """
    if text == label:
        raise InputError(f"The column {text!r} cannot be both the text and the label; choose another for one of them.")
    read: dict[Words, str] = {}
    left_out = Counter[str]()
    for cell, name in zip(table.column(text), table.column(label), strict=True):
        words = tuple(tokenize(cell)[:LONGEST])
        if not words or not name:
            left_out["without words" if not words else "without a label"] += 1
        elif words in read:
            left_out["the same words as another"] += 1
        else:
            read[words] = name
    classes = _classes(list(read.values()), label)
    train, test = _split(read, classes)
    return LabelledTable(_named(_labelled(train, test, classes)), dict(left_out))


def write_labelled(texts: LabelledTexts) -> bytes:
    """The texts as CSV: whether each is held out, its class, and its words with blanks between them."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    parts = ((0, texts.train, texts.train_labels), (1, texts.test, texts.test_labels))
    for held_out, all_words, labels in parts:
        writer.writerows(
            (held_out, texts.classes[one], " ".join(words)) for words, one in zip(all_words, labels, strict=True)
        )
    return stream.getvalue().encode()


def read_labelled(content: bytes, name: str) -> LabelledTexts:
    """What `write_labelled` wrote.

    Raises:
        DataCorrupt: it is something else.
    """
    try:
        header, *rows = csv.reader(io.StringIO(content.decode(), newline=""))
        parts: dict[str, list[tuple[Words, str]]] = {"0": [], "1": []}
        for held_out, label, words in rows:
            parts[held_out].append((tuple(words.split(" ")), label))
    except (UnicodeDecodeError, ValueError, KeyError, csv.Error) as error:
        raise DataCorrupt(f"The texts {name} are damaged; bring them again.") from error
    if tuple(header) != COLUMNS or not all(parts.values()):
        raise DataCorrupt(f"The texts {name} are damaged; bring them again.")
    classes = _in_order({label for part in parts.values() for _, label in part})
    return replace(_labelled(parts["0"], parts["1"], classes), name=name)


def _classes(labels: Sequence[str], column: str) -> tuple[str, ...]:
    """The classes in order.

    Raises:
        InputError: there are too few or too many, or one has too few texts.
    """
    counts = Counter(labels)
    if not counts:
        raise InputError("No row has both words and a label, so there is nothing to learn from. Choose other columns.")
    if len(counts) == 1:
        raise InputError(
            f"Every text is {next(iter(counts))[:60]!r} in the column {column!r}: there is nothing to tell apart. "
            "It takes two classes or more; choose another column."
        )
    if len(counts) > MOST_CLASSES:
        raise InputError(
            f"The column {column!r} has {len(counts):,} different values; at most {MOST_CLASSES} classes are learned. "
            "Choose the column with the classes, or put some of them together."
        )
    if long := [name for name in counts if len(name) > LONGEST_NAME]:
        raise InputError(
            f"A class is called {long[0][:60]!r} …, which has {len(long[0]):,} characters; at most {LONGEST_NAME} are "
            f"taken. Is {column!r} the column with the classes?"
        )
    if few := [name for name, count in counts.items() if count < FEWEST]:
        named = ", ".join(f"{name[:60]!r} ({counts[name]})" for name in few[:SHOWN])
        more = f" and {len(few) - SHOWN} more" if len(few) > SHOWN else ""
        raise InputError(f"A class needs {FEWEST} texts at least; too few have {named}{more}. Add some, or drop it.")
    return _in_order(counts)


def _in_order(names: Sequence[str] | set[str] | Counter[str]) -> tuple[str, ...]:
    """By their numbers where all are numbers, else by the alphabet."""
    numbers = all(map(_NUMBER.fullmatch, names))
    return tuple(sorted(names, key=lambda name: (float(name) if numbers else 0.0, name)))


def _split(read: dict[Words, str], classes: Sequence[str]) -> tuple[list[tuple[Words, str]], list[tuple[Words, str]]]:
    chance, by_class = random.Random(0), defaultdict[str, list[Words]](list)
    for words, label in read.items():
        by_class[label].append(words)
    train: list[tuple[Words, str]] = []
    test: list[tuple[Words, str]] = []
    for label in classes:
        texts = by_class[label]
        chance.shuffle(texts)
        border = max(1, len(texts) // HELD_OUT)
        test += [(words, label) for words in texts[:border]]
        train += [(words, label) for words in texts[border:]]
    return train, test


def _labelled(
    train: Sequence[tuple[Words, str]], test: Sequence[tuple[Words, str]], classes: tuple[str, ...]
) -> LabelledTexts:
    numbers = {name: number for number, name in enumerate(classes)}
    (learned, labels), (held_out, truths) = (
        (tuple(words for words, _ in part), tuple(numbers[label] for _, label in part)) for part in (train, test)
    )
    return LabelledTexts("", learned, held_out, labels, truths, classes)


def _named(texts: LabelledTexts) -> LabelledTexts:
    return replace(texts, name=PREFIX + hashlib.sha256(write_labelled(texts)).hexdigest()[:12])
