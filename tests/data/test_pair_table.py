"""Pairs from a table: what is held out, what is left out, what is refused, and that what is kept comes back."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqviz.data.pair_table import FEWEST, PREFIX, pairs_of_table, read_pairs, write_pairs
from seqviz.data.pairs import LONGEST
from seqviz.data.tables import Table, read_table
from seqviz.data.tokens import UNITS, split
from seqviz.errors import DataCorrupt, InputError


def table(*rows: tuple[str, str]) -> Table:
    return Table(("read", "write"), rows, True, 0)


ROWS = tuple((f"number {number}", f"{number} apples") for number in range(60))


def brought(*rows: tuple[str, str], units=("letters", "words")):
    return pairs_of_table(table(*rows), "read", "write", units)


def test_a_tenth_is_held_out_and_nothing_is_lost_or_seen_twice():
    result = brought(*ROWS)
    pairs = result.pairs
    assert (len(pairs.train), len(pairs.test), result.left_out) == (54, 6, {})
    assert sorted(pairs.train + pairs.test) == sorted(ROWS)
    assert pairs.units == ("letters", "words")
    assert brought(*ROWS) == result
    assert pairs.test != ROWS[:6], "it is a chance that holds out"


def test_the_columns_may_be_taken_the_other_way_round():
    pairs = pairs_of_table(table(*ROWS), "write", "read", ("words", "letters")).pairs
    assert sorted(pairs.train + pairs.test) == sorted((written, read) for read, written in ROWS)
    assert pairs.name != brought(*ROWS).pairs.name


def test_what_has_no_part_in_it_is_counted_by_its_reason():
    rows = [("  ", "a"), ("a", ""), ("b" * (LONGEST + 1), "b"), ("c", "d " * (LONGEST + 1)), ("number  1", "one")]
    result = brought(*ROWS, *rows)
    assert result.left_out == {"with an empty side": 2, "longer than 200 tokens": 2, "the same source as another": 1}
    assert dict(result.pairs.train + result.pairs.test)["number 1"] == "1 apples", "the first is kept"


def test_the_longest_text_is_kept_and_length_is_counted_in_its_units():
    assert brought(*ROWS, ("b" * LONGEST, "c " * LONGEST)).left_out == {}
    assert brought(*ROWS, ("b" * (LONGEST + 1), "c"), units=("words", "words")).left_out == {}


def test_sources_with_the_same_tokens_are_the_same():
    same = (("well-known", "a"), ("well - known", "b"))
    assert brought(*ROWS, *same, units=("words", "words")).left_out == {"the same source as another": 1}
    assert brought(*ROWS, *same, units=("letters", "words")).left_out == {}


@pytest.mark.parametrize(
    ("rows", "units", "said"),
    [
        (ROWS[: FEWEST - 1], ("letters", "words"), "There are 49 pairs to learn from; it takes at least 50"),
        (ROWS[:1] * 70, ("letters", "words"), "There is 1 pair to learn from"),
        ((), ("letters", "words"), "There are 0 pairs"),
        (
            tuple((f"word{number}", "a") for number in range(5000)),
            ("words", "words"),
            "'read' has 5,001 different words.*at most 5,000.*Take its letters",
        ),
        (
            tuple((str(number), chr(0x4E00 + number)) for number in range(5000)),
            ("letters", "letters"),
            "'write' has 5,001 different letters.*Take fewer pairs",
        ),
    ],
    ids=["49", "all the same", "none", "5000 words", "5000 letters"],
)
def test_what_cannot_be_learned_is_said(rows, units, said):
    with pytest.raises(InputError, match=said):
        brought(*rows, units=units)


def test_the_same_column_twice_is_refused():
    with pytest.raises(InputError, match="'read' cannot be both what is read and what is written"):
        pairs_of_table(table(*ROWS), "read", "read", ("letters", "letters"))


def test_a_csv_of_another_encoding_with_quotes():
    lines = [f'"Das ist, kurz, ""Größe"" {number}";"size\n{number}"' for number in range(60)]
    read = read_table("\r\n".join(["deutsch;englisch", *lines]).encode("cp1252"))
    result = pairs_of_table(read, "deutsch", "englisch", ("words", "words"))
    assert dict(result.pairs.train + result.pairs.test)['Das ist, kurz, "Größe" 7'] == "size 7"


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=20), st.sampled_from(list(product(UNITS, UNITS))))
def test_what_is_written_is_read_again(rows, units):
    pairs = brought(*ROWS, *rows, units=units).pairs
    assert read_pairs(write_pairs(pairs), pairs.name) == pairs
    assert pairs.name.startswith(PREFIX)
    assert len(pairs.name) == len(PREFIX) + 12
    learned = {tuple(split(read, units[0])) for read, _ in pairs.train}
    assert not learned & {tuple(split(read, units[0])) for read, _ in pairs.test}
    assert len(pairs.source.encode(pairs.test[0][0])) == len(split(pairs.test[0][0], units[0]))


def test_the_units_have_a_part_in_the_name():
    assert len({brought(*ROWS, units=units).pairs.name for units in product(UNITS, UNITS)}) == 4


WRITTEN = write_pairs(brought(*ROWS).pairs)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        WRITTEN[: len(WRITTEN) // 2],
        WRITTEN[:-9],
        WRITTEN.replace(b"source in letters", b"source in bits"),
        WRITTEN.replace(b'"1","number', b'"0","number'),
        WRITTEN.replace(b'"1","number', b'"2","number'),
        WRITTEN.replace(b'"7 apples"', b'""'),
    ],
    ids=["nothing", "no text", "half", "a cut end", "no units", "nothing held out", "a third part", "an empty side"],
)
def test_damaged_pairs_are_said_to_be_so(content):
    with pytest.raises(DataCorrupt, match="The pairs pairs-abc are damaged; bring them again"):
        read_pairs(content, "pairs-abc")
