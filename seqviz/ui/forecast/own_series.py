"""A series of one's own: a table in, of which one column is forecast, at the times of another."""

from typing import Any

import streamlit as st

from seqviz.data.series import FEWEST, Series
from seqviz.data.series_table import (
    MOST_OTHERS,
    MOST_PERIOD,
    SeriesTable,
    date_columns,
    number_columns,
    series_of_table,
)
from seqviz.data.tables import Table
from seqviz.errors import InputError
from seqviz.ui.shell import caches
from seqviz.ui.shell.kept_texts import choose_kept, for_whom
from seqviz.ui.shell.tables import MEGABYTES, open_table, preview, said_of

TABLE = "series table"
"""The key of the field for the file; the session has the file's name under this and `name`."""
NO_DATES = "None: rows in their order"


def choose_own_series(default: str) -> Series | None:
    """A series of one's own, at first that of this name; None while it is still to be brought.

    Raises:
        SeqVizError: it cannot be forecast.
    """
    if kept := choose_kept("Which series", "series", default):
        return caches.series(kept)
    opened = open_table(f"A CSV file: a column of numbers, one of dates (at most {MEGABYTES} MB)", TABLE)
    if opened is None:
        st.caption(f"Nothing yet. At least {FEWEST} values, at equal distances in time.")
        return None
    table = opened.table
    dates, numbers = _columns_of(opened.digest, table)
    if not numbers:
        raise InputError(
            f"No column of {', '.join(table.columns)[:80]} holds numbers, so there is nothing to forecast."
        )
    date = st.selectbox("Dates", [*dates, NO_DATES], key="series dates")
    values = [name for name in numbers if name != date]
    if not values:
        raise InputError("Beside the dates there is no column of numbers. Choose that the rows stand in their order.")
    value = st.selectbox("It forecasts", values, key="series values")
    rest = [name for name in values if name != value]
    others: list[str] = []
    if rest:
        others = st.multiselect(
            "It reads beside", rest, key=f"series others {value}", max_selections=MOST_OTHERS, placeholder="nothing"
        )
    title = f"{str(st.session_state[f'{TABLE} name']).removesuffix('.csv')}: {value}"
    usual = _brought(opened.digest, value, date, tuple(others), None, title, table).series.period
    period = int(
        st.number_input(
            "Steps in a season (1: none)", 1, MOST_PERIOD, usual, key=f"series period {opened.digest} {value} {date}"
        )
    )
    shown: Any = (date, value, *others) if date != NO_DATES else (value, *others)
    preview(table, shown, "series preview")
    brought = _brought(opened.digest, value, date, tuple(others), period, title, table)
    kept_so = f"When training starts it is kept on this server, {for_whom()}."
    series = brought.series
    span = f"One value a {series.step}, from {series.time(0)} to {series.time(len(series) - 1)}."
    st.caption(" ".join((said_of(table, "rows"), span, *brought.said, kept_so)))
    return brought.series


@st.cache_data(show_spinner=False, max_entries=8, ttl=3600)
def _columns_of(digest: str, _table: Table) -> tuple[list[str], list[str]]:
    return date_columns(_table), number_columns(_table)


@st.cache_resource(show_spinner="Reading the series …", max_entries=4, ttl=3600)
def _brought(
    digest: str, value: str, date: str, others: tuple[str, ...], period: int | None, title: str, _table: Table
) -> SeriesTable:
    return series_of_table(_table, value, "" if date == NO_DATES else date, others, title=title, period=period)
