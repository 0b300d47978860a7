"""Texts of one's own, answered by the network on screen: a table in, the same table with answers out."""

from collections import Counter
from functools import partial

import streamlit as st
from jaxtyping import Float
from torch import Tensor

from seqviz.data.tables import Table
from seqviz.instruments.arrays import to_csv
from seqviz.instruments.classifying import LONGEST, classify
from seqviz.snippets.subjects import Network
from seqviz.ui.shell import caches
from seqviz.ui.shell.background import in_background
from seqviz.ui.shell.frame import plain_errors
from seqviz.ui.shell.tables import MEGABYTES, OpenTable, open_table, said_of
from seqviz.ui.words.own_tables import choose_text_column
from seqviz.ui.words.subject import class_names

TITLE = "Classify texts of your own: a CSV file in, the same with answers out"
PREVIEW = 5  # rows


def show(run: str) -> None:
    """A file, which of its columns is the text, and the answers."""
    with plain_errors():
        opened = open_table(f"A CSV file with one text a row, at most {MEGABYTES} MB", "table file")
        if opened is None:
            st.caption("The file is kept in memory alone, and nobody else sees it.")
            return
        _show_table(caches.network(run), opened)


def _show_table(network: Network, opened: OpenTable) -> None:
    table = opened.table
    column = choose_text_column(table, "text column")
    st.caption(said_of(table))
    first = {name: [row[place] for row in table.rows[:PREVIEW]] for place, name in enumerate(table.columns)}
    st.dataframe(first, hide_index=True, key="table preview")
    work = partial(classify, network.model, table.column(column))
    key = f"classify {network.name} {network.version} {opened.digest} {column}"
    in_background(key, "Own texts", "Classify them", work, partial(_draw, network, table, column), once=True)


def _draw(network: Network, table: Table, column: str, shares: Float[Tensor, "texts classes"]) -> None:
    names = class_names(network)
    certain, answers = shares.max(dim=1)
    read = ~shares.isnan().any(dim=1)
    named = [names[answer] if there else "" for answer, there in zip(answers.tolist(), read.tolist(), strict=True)]
    counted = Counter(name for name in named if name)
    told = ", ".join(f"**{count:,}** {name}" for name, count in counted.most_common())
    empty = int((~read).sum())
    left = f" {empty:,} without words are left open." if empty else ""
    st.markdown(f"{told or 'None has words'}.{left} The first {LONGEST} words of each are read.")
    shown = [f"{share:.4f}" if there else "" for share, there in zip(certain.tolist(), read.tolist(), strict=True)]
    rows = [(*row, name, share) for row, name, share in zip(table.rows, named, shown, strict=True)]
    texts = table.column(column)
    st.dataframe(
        {"text": texts[:PREVIEW], "answer": named[:PREVIEW], "share": shown[:PREVIEW]},
        hide_index=True,
        key="table answers",
    )
    answered = to_csv((*table.columns, "answer", "share"), rows)
    st.download_button("Table with answers (CSV)", answered, "seqviz-answers.csv", "text/csv", on_click="ignore")
