"""Texts with classes from a table: who is held out, what is left out, and what is refused, each in a sentence."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqviz.data.labelled_table import FEWEST, labelled_table, read_labelled, write_labelled
from seqviz.data.tables import Table, read_table
from seqviz.errors import DataCorrupt, InputError


def table(*rows: tuple[str, str]) -> Table:
    return Table(("text", "label"), rows, True, 0)


def of(*counts: tuple[str, int]) -> Table:
    return table(*((f"{label} film {number}", label) for label, count in counts for number in range(count)))


def test_a_tenth_of_each_class_is_held_out_and_nothing_is_lost_or_seen_twice():
    texts = labelled_table(of(("sport", 40), ("news", 20), ("art", 5)), "text", "label").texts
    assert texts.classes == ("art", "news", "sport")
    held_out = [texts.classes[label] for label in texts.test_labels]
    assert {name: held_out.count(name) for name in texts.classes} == {"art": 1, "news": 2, "sport": 4}
    assert len({*texts.train, *texts.test}) == len(texts.train) + len(texts.test) == 65
    assert all(words[0] == texts.classes[label] for words, label in zip(texts.test, texts.test_labels, strict=True))
    assert texts.objective == "cross_entropy"
    assert texts.outputs == 3


def test_numbers_are_in_their_own_order_and_names_by_the_alphabet():
    assert labelled_table(of(("10", 5), ("9", 5), ("-1.5", 5)), "text", "label").texts.classes == ("-1.5", "9", "10")
    assert labelled_table(of(("nan", 5), ("9", 5), ("10", 5)), "text", "label").texts.classes == ("10", "9", "nan")


def test_what_has_no_part_in_it_is_counted_by_its_reason():
    rows = [("   ", "good"), ("dull", ""), ("FILM 1", "bad"), ("film 1", "good")]
    brought = labelled_table(table(*rows, *of(("good", 9), ("bad", 9)).rows), "text", "label")
    assert brought.left_out == {"without words": 1, "without a label": 1, "the same words as another": 1}
    texts = brought.texts
    kept = dict(zip(texts.train + texts.test, texts.train_labels + texts.test_labels, strict=True))
    assert kept["film", "1"] == texts.classes.index("bad"), "of the same words the first is kept"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (of(("good", 30)), "Every text is 'good' in the column 'label'.*two classes or more"),
        (of(*((str(number), 5) for number in range(21))), "has 21 different values; at most 20"),
        (of(("good", 30), ("bad", FEWEST - 1)), r"A class needs 5 texts at least; too few have 'bad' \(4\)"),
        (of(("good", 30), ("x" * 70, 9)), "which has 70 characters; at most 60"),
        (table(("", "good"), ("dull", "")), "No row has both words and a label"),
    ],
    ids=["one class", "21 classes", "a small class", "a long name", "nothing"],
)
def test_what_cannot_be_learned_is_said(rows, said):
    with pytest.raises(InputError, match=said):
        labelled_table(rows, "text", "label")


def test_a_label_column_with_a_thousand_values_and_the_same_column_twice_are_told_at_once():
    rows = table(*((f"film {number}", str(number)) for number in range(1000)))
    with pytest.raises(InputError, match="has 1,000 different values"):
        labelled_table(rows, "text", "label")
    with pytest.raises(InputError, match="cannot be both"):
        labelled_table(rows, "label", "label")


def test_a_csv_without_a_head_in_another_encoding_with_quotes():
    lines = [f'"The film, number {number}, was ""schön""";{number % 2}' for number in range(20)]
    brought = labelled_table(read_table("\r\n".join(lines).encode("cp1252")), "column 1", "column 2")
    assert brought.texts.classes == ("0", "1")
    assert "schön" in brought.texts.train[0]


LABELS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12).filter(str.strip)


@given(st.lists(LABELS, min_size=2, max_size=6, unique=True), st.text(st.characters(exclude_categories=["Cs"])))
@settings(max_examples=60, deadline=None)
def test_what_is_kept_comes_back_as_it_was(labels, word):
    """Whatever the names of the classes and the words hold: quotes, line breaks, separators, other scripts."""
    texts = labelled_table(of(*((label, FEWEST) for label in labels)), "text", "label").texts
    rows = [(f"{word} {number}", labels[number % 2]) for number in range(12)]
    for data in (texts, labelled_table(table(*rows), "text", "label").texts):
        assert read_labelled(write_labelled(data), data.name) == data


@pytest.mark.parametrize("content", [b"", b"\xff", b"a,b\n1,2\n", b'"held out","label","words"\n"2","good","film"\n'])
def test_a_damaged_file_is_said(content):
    with pytest.raises(DataCorrupt, match="bring them again"):
        read_labelled(content, "table-0")


def test_the_name_depends_on_the_content_alone():
    one, other = (labelled_table(of(("good", count), ("bad", 9)), "text", "label").texts for count in (9, 10))
    assert one.name != other.name
    assert one.name == labelled_table(of(("good", 9), ("bad", 9)), "text", "label").texts.name
    header = next(csv.reader(io.StringIO(write_labelled(one).decode())))
    assert header == ["held out", "label", "words"]
