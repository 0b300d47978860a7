"""Tables that people bring: encodings, separators, quotes, heads and their absence; and what is no table."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqviz.data import tables
from seqviz.data.tables import SEPARATORS, read_table
from seqviz.errors import InputError

ROWS = (("very, very good; “yes”", "1"), ("schön und 😀 gut", "0"), ("two\nlines", "1"))


def written(rows, separator=",") -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=separator, quoting=csv.QUOTE_ALL).writerows(rows)
    return stream.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", SEPARATORS)
def test_encodings_and_separators(separator, encoding):
    table = read_table(written([("review", "verdict"), *ROWS], separator).encode(encoding))
    assert table.columns == ("review", "verdict")
    assert table.rows == ROWS
    assert table.headed
    assert table.column("verdict") == ("1", "0", "1")


def test_an_old_windows_file():
    assert read_table("text,a\ngrößer – “so”,1\n".encode("cp1252")).rows == (("größer – “so”", "1"),)


def test_one_column_without_a_head():
    table = read_table(b"what a long film, really, and not a good one; I left before the end of it\n\n\nnice\nnice\n")
    assert (table.columns, table.headed) == (("column 1",), False)
    assert table.rows[1:] == (("nice",), ("nice",))


@pytest.mark.parametrize("first", ["good,1", "nice,positive", ",label", "text,text"])
def test_a_first_row_that_is_no_head_is_data(first):
    table = read_table(f"{first}\nnice,positive\nbad,negative\n".encode())
    assert table.columns == ("column 1", "column 2")
    assert len(table.rows) == 3


def test_rows_that_do_not_fit_are_counted():
    table = read_table(b"text,label\na,1\nb,1,1\nc\n , \nd,0\n")
    assert table.rows == (("a", "1"), ("d", "0"))
    assert table.dropped == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no rows"),
        (b"\n\n , \n", "no rows"),
        (b"PK\x03\x04\x00\x00\x00", "no text"),
        (b"\xff\xfe\x00", "no text"),
        (b'text\n"' + b"a" * 200_000 + b'"\n', "no CSV"),
    ],
)
def test_what_is_no_table_is_said(content, said):
    with pytest.raises(InputError, match=said):
        read_table(content)


def test_a_file_that_is_too_large_is_not_read(monkeypatch):
    monkeypatch.setattr(tables, "MOST_BYTES", 10)
    with pytest.raises(InputError, match="at most"):
        read_table(b"text,label\n")


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_a_sentence(content):
    try:
        table = read_table(content)
    except InputError:
        return
    assert all(len(row) == len(table.columns) for row in table.rows)
