"""Pairs of texts of one's own: a table in, of which one column is read and another is written."""

import streamlit as st

from seqviz.data.pair_table import FEWEST, PairTable, pairs_of_table
from seqviz.data.pairs import Pairs
from seqviz.data.tables import Table
from seqviz.data.tokens import UNITS, Units
from seqviz.errors import InputError
from seqviz.ui.shell import caches
from seqviz.ui.shell.kept_texts import choose_kept, for_whom
from seqviz.ui.shell.tables import MEGABYTES, open_table, preview, said_of

TABLE = "pair table"
"""The key of the field for the file; the session has the file's name under this and `name`."""
SEEN = 2000  # rows by which the units are guessed
SENTENCE = 30  # characters from which a text is likelier to be read in words


def choose_own_pairs(default: str) -> Pairs | None:
    """Pairs of one's own, at first those of this name; None while they are still to be brought.

    Raises:
        SeqVizError: they cannot be learned from.
    """
    if kept := choose_kept("Which pairs", "pairs", default):
        pairs = caches.own_pairs(kept)
        st.caption(_size(pairs))
        return pairs
    opened = open_table(f"A CSV file: a column to read, one to write (at most {MEGABYTES} MB)", TABLE)
    if opened is None:
        st.caption(f"Nothing yet. At least {FEWEST} pairs; a tenth of them is held out.")
        return None
    table = opened.table
    if len(table.columns) < 2:
        raise InputError("This table has one column; it needs two, one of texts to read and one of texts to write.")
    source = st.selectbox("It reads", table.columns, key="pair source")
    target = st.selectbox("It writes", [name for name in table.columns if name != source], key="pair target")
    units = (_units("Read in", table, source, "source"), _units("Written in", table, target, "target"))
    preview(table, (source, target), "pair preview")
    brought = _brought(opened.digest, source, target, units, table)
    st.caption(_said(table, brought))
    return brought.pairs


def _units(label: str, table: Table, column: str, side: str) -> Units:
    """Letters or words; at first what fits the length of the texts."""
    key = f"pair {side} units {column}"  # a guess for each column
    st.session_state.setdefault(key, likely_units(table, column))
    chosen = st.segmented_control(label, UNITS, key=key, format_func=str.capitalize, required=True)
    assert chosen is not None
    return chosen


def likely_units(table: Table, column: str) -> Units:
    """Words where the texts are sentences, else letters."""
    cells = table.column(column)[:SEEN]
    return "words" if sum(map(len, cells)) > SENTENCE * len(cells) else "letters"


def _said(table: Table, brought: PairTable) -> str:
    reasons = "; ".join(f"{count:,} {reason}" for reason, count in brought.left_out.items())
    out = f" Left out: {reasons}." if reasons else ""
    kept = f"When training starts they are kept on this server, {for_whom()}."
    return f"{said_of(table, 'rows')} {_size(brought.pairs)}{out} {kept}"


def _size(pairs: Pairs) -> str:
    """How many there are, and in what they are read and written."""
    (read, written), source, target = pairs.units, len(pairs.source) - 1, len(pairs.target) - 1
    return (
        f"{len(pairs.train):,} pairs to learn from, {len(pairs.test):,} held out; read in {read} ({source:,} different "
        f"ones), written in {written} ({target:,})."
    )


@st.cache_resource(show_spinner="Reading the pairs …", max_entries=4, ttl=3600)
def _brought(digest: str, source: str, target: str, units: tuple[Units, Units], _table: Table) -> PairTable:
    return pairs_of_table(_table, source, target, units)
