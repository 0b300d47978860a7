"""A table that somebody brings, as CSV of whatever encoding and separator."""

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass

from seqviz.errors import InputError

MOST_BYTES = 20_000_000
SEPARATORS, ONE_COLUMN = ",;\t|", "\x1f"
SEEN = 100_000  # characters that the separator is told by
_QUOTED = re.compile(r'(?:^|(?<=[,;\t|\n\r]))"(?:[^"]|"")*"')
LONGEST_NAME = 60  # characters; a cell of a first row that is longer is no name of a column


@dataclass(frozen=True)
class Table:
    """Rows of as many cells as there are `columns`; `headed` if the file named them, `dropped` rows did not fit."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    headed: bool
    dropped: int

    def column(self, name: str) -> tuple[str, ...]:
        """All cells of one column."""
        place = self.columns.index(name)
        return tuple(row[place] for row in self.rows)


def read_table(content: bytes) -> Table:
    r"""Read CSV; empty rows are passed over.

    The text is UTF-8, UTF-16 with a byte order mark, or else Windows-1252. The separator is the sign that most evenly
    divides the first lines. The first row names the columns if its cells are short, differ, and come nowhere below.

    Raises:
        InputError: it is too large, no text, or has no rows.

    >>> read_table(b"text;label\n\"good; very\";1\nbad;0\n")
    Table(columns=('text', 'label'), rows=(('good; very', '1'), ('bad', '0')), headed=True, dropped=0)
    """
    if len(content) > MOST_BYTES:
        raise InputError(
            f"The file has {len(content) / 1e6:.1f} MB; at most {MOST_BYTES / 1e6:.0f} MB are read. Cut it into parts."
        )
    text = _decoded(content)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text))
        rows = [tuple(cell.strip() for cell in row) for row in reader]
    except csv.Error as error:
        raise InputError(f"This is no CSV ({error}). Save the table as CSV, with quotes around texts.") from error
    rows = [row for row in rows if any(row)]
    if not rows:
        raise InputError("There are no rows in this file. It must have one text a row.")
    width = Counter(map(len, rows)).most_common(1)[0][0]
    fitting = [row for row in rows if len(row) == width]
    headed = len(fitting) > 1 and _names_columns(fitting)
    columns = fitting[0] if headed else tuple(f"column {number}" for number in range(1, width + 1))
    return Table(columns, tuple(fitting[headed:]), headed, len(rows) - len(fitting))


def _decoded(content: bytes) -> str:
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    encodings = ["utf-16"] if marked else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise InputError("This is no text. Save the table as CSV in UTF-8.")


def _separator(text: str) -> str:
    """The sign that occurs equally often in at least half of the first lines; if none does, there is one column."""
    bare = _QUOTED.sub("quoted", text[:SEEN])  # a sign inside quotes separates nothing
    lines = [line for line in bare.splitlines()[:50] if line.strip()]

    def evenness(sign: str) -> tuple[int, int]:
        counts = Counter(line.count(sign) for line in lines)
        del counts[0]
        number, lines_with_it = counts.most_common(1)[0] if counts else (0, 0)
        return lines_with_it, number

    best = max(SEPARATORS, key=evenness)
    return best if 2 * evenness(best)[0] >= len(lines) else ONE_COLUMN


def _names_columns(rows: list[tuple[str, ...]]) -> bool:
    first = rows[0]
    if not all(0 < len(cell) <= LONGEST_NAME for cell in first) or len(set(first)) < len(first):
        return False
    return not any(cell in row for row in rows[1:] for cell in first) and not any(map(_is_number, first))


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return True
