"""Texts with classes of one's own: a table in, of which two columns are learned from."""

import hashlib
from dataclasses import dataclass

import streamlit as st

from seqviz.data.labelled_table import MOST_CLASSES, LabelledTable, labelled_table
from seqviz.data.labelled_texts import LabelledTexts
from seqviz.data.tables import MOST_BYTES, Table, read_table
from seqviz.errors import InputError
from seqviz.ui.shell import caches
from seqviz.ui.shell.frame import verbatim
from seqviz.ui.shell.kept_texts import choose_kept, for_whom

PREVIEW = 4  # rows
SEEN = 2000  # rows by which the columns are guessed
MEGABYTES = MOST_BYTES // 10**6
LONG_CELL = 200  # characters of a cell that are shown


@dataclass(frozen=True)
class OpenTable:
    """A table that was brought, with a sum over its content."""

    table: Table
    digest: str


def choose_own_table(default: str) -> LabelledTexts | None:
    """Texts of one's own with their classes, at first those of this name; None while they are still to be brought.

    Raises:
        SeqVizError: they cannot be learned from.
    """
    if kept := choose_kept("Which table", "table", default):
        return caches.reviews(kept)
    opened = open_table(f"A CSV file: a column of texts, one of labels (at most {MEGABYTES} MB)", "labelled table")
    if opened is None:
        st.caption(f"Nothing yet. Two to {MOST_CLASSES} classes; a tenth of each is held out.")
        return None
    table = opened.table
    if len(table.columns) < 2:
        raise InputError("This table has one column; it needs two, one of texts and one of labels.")
    text = choose_text_column(table, "learned text")
    others = [name for name in table.columns if name != text]
    label = st.selectbox("The label is in", others, index=_fewest(table, others), key="learned label")
    first = {name: [cell[:LONG_CELL] for cell in table.column(name)[:PREVIEW]] for name in dict.fromkeys((text, label))}
    st.dataframe(first, hide_index=True, key="labelled preview")
    brought = _labelled(opened.digest, text, label, table)
    _say(table, brought)
    return brought.texts


def open_table(label: str, key: str) -> OpenTable | None:
    """A table from a file; None until there is one.

    Raises:
        InputError: it cannot be read.
    """
    file = st.file_uploader(label, key=key, max_upload_size=MEGABYTES)
    if file is None:
        return None
    content = file.getvalue()
    digest = hashlib.sha256(content).hexdigest()[:16]
    st.session_state[f"{key} name"] = file.name
    return OpenTable(_read(digest, content), digest)


def choose_text_column(table: Table, key: str) -> str:
    """The column with the texts; at first the one with the longest cells."""
    return st.selectbox("The text is in", table.columns, index=_longest(table), key=key, width=300)


def said_of(table: Table) -> str:
    """How much of the file was read."""
    said = [f"{len(table.rows):,} texts."]
    if not table.headed:
        said.append("The first row looks like a text and not like names, so the columns are numbered.")
    if table.dropped:
        said.append(f"{table.dropped:,} rows have another number of cells and are left out.")
    return " ".join(said)


def _say(table: Table, brought: LabelledTable) -> None:
    texts, left = brought.texts, brought.left_out
    names = ", ".join(verbatim(name) for name in texts.classes)
    reasons = "; ".join(f"{count:,} {reason}" for reason, count in left.items())
    out = f" Left out: {reasons}." if left else ""
    st.caption(
        f"{said_of(table)} {len(texts.train):,} to learn from, {len(texts.test):,} held out; {len(texts.classes)} "
        f"classes: {names}.{out} When training starts they are kept on this server, {for_whom()}."
    )


def _longest(table: Table) -> int:
    """The column with the longest cells is most likely the text."""
    rows = table.rows[:200]
    return max(range(len(table.columns)), key=lambda place: sum(len(row[place]) for row in rows))


def _fewest(table: Table, columns: list[str]) -> int:
    """The column with the fewest different values, but more than one, is most likely the label."""
    counts = [len(set(table.column(name)[:SEEN])) for name in columns]
    return min(range(len(columns)), key=lambda place: (counts[place] < 2, counts[place]))


@st.cache_resource(show_spinner="Reading the table …", max_entries=4, ttl=3600)
def _read(digest: str, _content: bytes) -> Table:
    return read_table(_content)


@st.cache_resource(show_spinner="Reading the texts …", max_entries=4, ttl=3600)
def _labelled(digest: str, text: str, label: str, _table: Table) -> LabelledTable:
    return labelled_table(_table, text, label)
