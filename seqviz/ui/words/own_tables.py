"""Texts with classes of one's own: a table in, of which two columns are learned from."""

import streamlit as st

from seqviz.data.labelled_table import MOST_CLASSES, LabelledTable, labelled_table
from seqviz.data.labelled_texts import LabelledTexts
from seqviz.data.tables import Table
from seqviz.errors import InputError
from seqviz.ui.shell import caches
from seqviz.ui.shell.frame import verbatim
from seqviz.ui.shell.kept_texts import choose_kept, for_whom
from seqviz.ui.shell.tables import MEGABYTES, open_table, preview, said_of

SEEN = 2000  # rows by which the columns are guessed


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
    preview(table, (text, label), "labelled preview")
    brought = _labelled(opened.digest, text, label, table)
    _say(table, brought)
    return brought.texts


def choose_text_column(table: Table, key: str) -> str:
    """The column with the texts; at first the one with the longest cells."""
    return st.selectbox("The text is in", table.columns, index=_longest(table), key=key, width=300)


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


@st.cache_resource(show_spinner="Reading the texts …", max_entries=4, ttl=3600)
def _labelled(digest: str, text: str, label: str, _table: Table) -> LabelledTable:
    return labelled_table(_table, text, label)
