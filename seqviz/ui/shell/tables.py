"""A table that a visitor brings: opened, looked at, and how much of it was read."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from seqviz.data.tables import MOST_BYTES, Table, read_table

MEGABYTES = MOST_BYTES // 10**6
PREVIEW = 4  # rows
LONG_CELL = 200  # characters of a cell that are shown


@dataclass(frozen=True)
class OpenTable:
    """A table that was brought, with a sum over its content."""

    table: Table
    digest: str


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


def preview(table: Table, columns: Sequence[str], key: str) -> None:
    """The first rows of some columns."""
    first = {name: [cell[:LONG_CELL] for cell in table.column(name)[:PREVIEW]] for name in dict.fromkeys(columns)}
    st.dataframe(first, hide_index=True, key=key)


def said_of(table: Table, rows: str = "texts") -> str:
    """How much of the file was read; `rows` is what one calls its rows."""
    said = [f"{len(table.rows):,} {rows}."]
    if not table.headed:
        said.append("The first row looks like a text and not like names, so the columns are numbered.")
    if table.dropped:
        said.append(f"{table.dropped:,} rows have another number of cells and are left out.")
    return " ".join(said)


@st.cache_resource(show_spinner="Reading the table …", max_entries=4, ttl=3600)
def _read(digest: str, _content: bytes) -> Table:
    return read_table(_content)
