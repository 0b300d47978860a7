"""Pairs of texts that somebody brings as a table, and the form in which they are kept."""

import csv
import hashlib
import io
import random
from collections import Counter
from dataclasses import dataclass, replace
from itertools import product

from seqviz.data.labelled_texts import HELD_OUT
from seqviz.data.pairs import LONGEST, Pair, Pairs
from seqviz.data.tables import Table
from seqviz.data.tokens import UNITS, Units, split
from seqviz.errors import DataCorrupt, InputError

FEWEST = 50  # pairs
MOST_TOKENS = 5_000  # different ones of a side
PREFIX = "pairs-"
"""Of the names of such pairs; twelve digits of a sum over their content follow."""


@dataclass(frozen=True)
class PairTable:
    """What a table came to: the pairs, and how many of its rows have no part in them, by the reason."""

    pairs: Pairs
    left_out: dict[str, int]


def pairs_of_table(table: Table, source: str, target: str, units: tuple[Units, Units]) -> PairTable:
    """Two columns of a table as texts to read and texts to write; a tenth is held out, by a chance that stays the same.

    Rows with an empty side or with a text that is too long are left out, and of rows whose sources have the same tokens
    the first is kept.

    Raises:
        InputError: the columns are the same, there are too few pairs, or a side has too many different tokens.

    >>> rows = tuple((str(number), f"{number} apples") for number in range(60))
    >>> brought = pairs_of_table(Table(("number", "text"), rows, True, 0), "number", "text", ("letters", "words"))
    >>> len(brought.pairs.train), len(brought.pairs.test), brought.left_out
    (54, 6, {})
    """
    if source == target:
        raise InputError(
            f"The column {source!r} cannot be both what is read and what is written; choose another for one of them."
        )
    kept: dict[tuple[str, ...], Pair] = {}
    left_out = Counter[str]()
    for cells in zip(table.column(source), table.column(target), strict=True):
        read, written = (tuple(split(cell, unit)) for cell, unit in zip(cells, units, strict=True))
        if reason := _reason(read, written):
            left_out[reason] += 1
        elif read in kept:
            left_out["the same source as another"] += 1
        else:
            kept[read] = (_in_one_line(cells[0]), _in_one_line(cells[1]))
    pairs = _split(list(kept.values()), units)
    _check(pairs, (source, target))
    return PairTable(replace(pairs, name=_name(pairs)), dict(left_out))


def write_pairs(pairs: Pairs) -> bytes:
    """The pairs as CSV: whether each is held out, and its two sides, under a head that names their units."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(_columns(pairs.units))
    for held_out, part in ((0, pairs.train), (1, pairs.test)):
        writer.writerows((held_out, *pair) for pair in part)
    return stream.getvalue().encode()


def read_pairs(content: bytes, name: str) -> Pairs:
    """What `write_pairs` wrote.

    Raises:
        DataCorrupt: it is something else.
    """
    try:
        header, *rows = csv.reader(io.StringIO(content.decode(), newline=""), strict=True)
        units = next(both for both in product(UNITS, UNITS) if _columns(both) == tuple(header))
        parts: dict[str, list[Pair]] = {"0": [], "1": []}
        for held_out, read, written in rows:
            parts[held_out].append((read, written))
    except (UnicodeDecodeError, ValueError, KeyError, StopIteration, csv.Error) as error:
        raise DataCorrupt(f"The pairs {name} are damaged; bring them again.") from error
    if not all(parts.values()) or not all(read and written for part in parts.values() for read, written in part):
        raise DataCorrupt(f"The pairs {name} are damaged; bring them again.")
    return Pairs(name, tuple(parts["0"]), tuple(parts["1"]), units)


def _reason(read: tuple[str, ...], written: tuple[str, ...]) -> str:
    """Why a pair is left out, if it is."""
    if not read or not written:
        return "with an empty side"
    return f"longer than {LONGEST} tokens" if max(len(read), len(written)) > LONGEST else ""


def _in_one_line(text: str) -> str:
    return " ".join(text.split())


def _split(kept: list[Pair], units: tuple[Units, Units]) -> Pairs:
    """A tenth of the pairs held out; without a name yet.

    Raises:
        InputError: there are too few.
    """
    if len(kept) < FEWEST:
        raise InputError(
            f"There {'is 1 pair' if len(kept) == 1 else f'are {len(kept)} pairs'} to learn from; it takes at least "
            f"{FEWEST} with different sources. Add some, or choose other columns."
        )
    shuffled = list(kept)
    random.Random(0).shuffle(shuffled)
    border = len(shuffled) // HELD_OUT
    return Pairs("", tuple(shuffled[border:]), tuple(shuffled[:border]), units)


def _check(pairs: Pairs, columns: tuple[str, str]) -> None:
    """Refuse a side with too many different tokens."""
    for column, tokens, units in zip(columns, (pairs.source, pairs.target), pairs.units, strict=True):
        if len(tokens) > MOST_TOKENS:
            remedy = "Take its letters instead, or fewer pairs." if units == "words" else "Take fewer pairs."
            raise InputError(
                f"The column {column!r} has {len(tokens):,} different {units}, with the sign for the end; at most "
                f"{MOST_TOKENS:,} are learned. {remedy}"
            )


def _columns(units: tuple[Units, Units]) -> tuple[str, str, str]:
    return "held out", f"source in {units[0]}", f"target in {units[1]}"


def _name(pairs: Pairs) -> str:
    return PREFIX + hashlib.sha256(write_pairs(pairs)).hexdigest()[:12]
