"""A series that somebody brings as a table, and the form in which it is kept."""

import csv
import hashlib
import io
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from seqviz.data.gaps import filled
from seqviz.data.series import FEWEST, MOST, Series
from seqviz.data.tables import LONGEST_NAME, Table
from seqviz.errors import DataCorrupt, InputError

PREFIX = "series-"
"""Of the names of such series; twelve digits of a sum over their content follow."""
MOST_OTHERS = 8
MOST_PERIOD = 4096
GAPS = 0.5
"""The largest share of steps without a value that is filled."""
_NUMBER = re.compile(r"[-+−]?\d[\d.,'’\s_]*(?:[eE][-+]?\d+)?")
_DOTTED = re.compile(r"\d{1,2}\.\d{1,2}\.\d{2,4}( .*)?")
_ZONE = re.compile(r"\d(Z|\s?UTC|[+-]\d\d:?\d\d)$")
_MISSING = {"", "-", "–", ".", "na", "n/a", "nan", "null", "none", "?"}
SEEN = 200  # cells by which a column is judged
JUDGED = 2000  # cells by which the order of day and month is told
MIXED = 20_000  # dates that may have different forms


@dataclass(frozen=True)
class SeriesTable:
    """What a table came to: the series, and what was done to it, in sentences."""

    series: Series
    said: tuple[str, ...]


def date_columns(table: Table) -> list[str]:
    """The columns that can be read as times."""
    return [name for name in table.columns if _looks_like_times(table.column(name))]


def number_columns(table: Table) -> list[str]:
    """The columns of which nearly all cells are numbers."""
    return [name for name in table.columns if _looks_like_numbers(table.column(name))]


def series_of_table(
    table: Table,
    value: str | None = None,
    date: str | None = None,
    others: Sequence[str] = (),
    *,
    title: str = "",
    period: int | None = None,
    name: str | None = None,
) -> SeriesTable:
    """One column of a table as a series at equal distances, with its calendar if a column of dates is given.

    Args:
        value: the column that is forecast; default: the first of numbers that is no date.
        date: the column of times, "" for none; default: the first that can be read as such, if there is one.
        others: columns that are read beside it.
        title: what it is called; default: the column's name.
        period: the steps of a season; default: what fits the calendar.
        name: default: a sum over the content.

    Raises:
        InputError: there are no numbers, the times are not told apart, or more than half of the steps have no value.

    >>> rows = tuple((f"{2000 + n // 12}-{n % 12 + 1:02}-01", f"{n}") for n in range(60))
    >>> brought = series_of_table(Table(("month", "sold"), rows, True, 0))
    >>> brought.series.frequency, brought.series.period, brought.series.time(1)
    ('MS', 12, '2000-02-01')
    """
    if unknown := {value, date, *others} - {*table.columns, None, ""}:
        raise InputError(
            f"There is no column {sorted(map(str, unknown))[0][:60]!r}; choose of {', '.join(table.columns)}."
        )
    dates = date_columns(table)
    date = date if date is not None else next(iter(dates), None)
    numbers = [column for column in number_columns(table) if column != date]
    if value is None:
        if not numbers:
            raise InputError(
                f"No column of {', '.join(table.columns)[:80]} holds numbers, so there is nothing to forecast."
            )
        value = numbers[0]
    if len(others) > MOST_OTHERS:
        raise InputError(f"{len(others)} other columns are chosen; at most {MOST_OTHERS} are read. Leave some out.")
    columns = [_numbers(table.column(column), column) for column in (value, *others)]
    said: list[str] = []
    start = frequency = None
    if date:
        times, dropped = _times(table.column(date))
        if any(map(_ZONE.search, table.column(date)[:SEEN])):
            said.append("Times with a zone are read in UTC.")
        if dropped:
            said.append(f"{dropped:,} {'row has' if dropped == 1 else 'rows have'} no date that can be read.")
        columns, start, frequency = _at_equal_distances(columns, times, said)
    if len(columns[0]) > MOST:
        raise InputError(f"The series has {len(columns[0]):,} values; at most {MOST:,} are read. Bring a shorter one.")
    whole = []
    for column, values in zip((value, *others), columns, strict=True):
        missing = float(torch.isnan(values).double().mean())
        if missing > GAPS:
            raise InputError(
                f"{missing:.0%} of the steps of {column[:60]!r} have no value; at most {GAPS:.0%} are filled. "
                "Is the frequency right, and is it the right column?"
            )
        values, gaps = filled(values)
        if gaps:
            said.append(f"{gaps:,} gaps of {column[:60]!r} are filled by the value before.")
        whole.append(values)
    step, usual = _STEPS.get(frequency or "", ("step", 1))
    if frequency and frequency not in _STEPS:
        step, usual = _fixed_step(frequency)
    chosen = usual if period is None else period
    if len(whole[0]) * 0.7 < 2 * chosen + 2:
        if period is not None and period > 1:
            said.append(
                f"A season of {period} needs {2 * period} values to learn from; the series is taken without one."
            )
        chosen = 1
    series = Series(
        name or "",
        (title or value)[:LONGEST_NAME],
        "",
        whole[0],
        period=chosen,
        step=step,
        start=start,
        frequency=frequency,
        others=torch.stack(whole[1:], dim=1) if others else None,
        other_names=tuple(others),
        notes=tuple(said),
    )
    return SeriesTable(series if name else _named(series), tuple(said))


def write_series(series: Series) -> bytes:
    """As CSV: what it is called, its period, step, start, frequency and notes; then its columns."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    about = (series.title, series.unit, series.period, series.step, series.start or "", series.frequency or "")
    writer.writerow((*about, *series.notes))
    writer.writerow(("value", *series.other_names))
    columns = series.values[:, None] if series.others is None else torch.cat([series.values[:, None], series.others], 1)
    writer.writerows([repr(number) for number in row] for row in columns.tolist())
    return stream.getvalue().encode()


def read_series(content: bytes, name: str) -> Series:
    """What `write_series` wrote.

    Raises:
        DataCorrupt: it is something else.
    """
    try:
        about, names, *rows = csv.reader(io.StringIO(content.decode(), newline=""))
        title, unit, period, step, start, frequency, *notes = about
        columns = torch.tensor([[float(cell) for cell in row] for row in rows], dtype=torch.float64)
        others = columns[:, 1:] if len(names) > 1 else None
        return Series(
            name,
            title,
            unit,
            columns[:, 0],
            int(period),
            step,
            start or None,
            frequency or None,
            others,
            tuple(names[1:]),
            tuple(notes),
        )
    except (UnicodeDecodeError, ValueError, IndexError, csv.Error, InputError) as error:
        raise DataCorrupt(f"The series {name} is damaged; bring it again.") from error


_STEPS = {
    "h": ("hour", 24),
    "D": ("day", 7),
    "B": ("day", 5),
    "MS": ("month", 12),
    "QS": ("quarter", 4),
    "YS": ("year", 1),
}
"""By frequency: what a step is called, and the usual season."""


def _fixed_step(frequency: str) -> tuple[str, int]:
    """Of a distance in seconds: what a step is called, and the steps of a day, or of a year of weeks."""
    seconds = int(frequency.removesuffix("s"))
    if seconds == 7 * 86400:
        return "week", 52
    day = 86400 // seconds if seconds and 86400 % seconds == 0 and seconds < 86400 else 1
    return "step", min(day, MOST_PERIOD)


def _at_equal_distances(
    columns: list[Tensor], times: pd.DatetimeIndex, said: list[str]
) -> tuple[list[Tensor], str, str]:
    """Columns with a value a step, NaN where none was measured; what was measured twice is averaged."""
    known = ~times.isna()
    order = np.argsort(times[known], kind="stable")
    sorted_times = times[known][order]
    if not len(order):
        raise InputError("None of the dates can be read; write them as 2026-11-27.")
    if not (times[known] == sorted_times).all():
        said.append("The rows were not in the order of time; they are now.")
    frequency, places = _places(sorted_times)
    count = int(places[-1]) + 1
    if count > MOST:
        raise InputError(f"From the first to the last date there are {count:,} steps; at most {MOST:,} are read.")
    twice = len(places) - len(np.unique(places))
    if twice:
        said.append(f"{twice:,} {'row repeats' if twice == 1 else 'rows repeat'} a time; their mean is taken.")
    found = []
    for column in columns:
        values = column.numpy()[np.asarray(known)][order]
        there = np.isfinite(values)
        sums = np.bincount(places[there], weights=values[there], minlength=count)
        counts = np.bincount(places[there], minlength=count)
        with np.errstate(invalid="ignore", divide="ignore"):
            found.append(torch.from_numpy(sums / counts))
    start = sorted_times[0]
    if frequency in ("MS", "QS", "YS"):
        start = start.to_period({"MS": "M", "QS": "Q", "YS": "Y"}[frequency]).to_timestamp()
    return found, start.isoformat(), frequency


def _places(times: pd.DatetimeIndex) -> tuple[str, np.ndarray]:
    """The frequency, and each time's step from 0 on."""
    seconds_at = times.as_unit("s").asi8
    distances = np.diff(seconds_at)
    distances = distances[distances > 0]
    if not len(distances):
        raise InputError("All rows have the same date, so there is no series in time. Choose another column of dates.")
    usual = float(np.median(distances))
    days = usual / 86400
    for frequency, low, high, period in (("MS", 28, 31, "M"), ("QS", 89, 92, "Q"), ("YS", 364, 367, "Y")):
        if low <= days <= high and len(np.unique(distances)) > 1:
            ordinals = times.to_period(period).asi8
            return frequency, ordinals - ordinals[0]
    if days == 1 and bool((times.day_of_week < 5).all()) and len(times) > 10:
        first = times[0].to_datetime64().astype("datetime64[D]")
        return "B", np.busday_count(first, times.to_numpy().astype("datetime64[D]")).astype(np.int64)
    seconds = max(1, round(usual))
    places = np.round((seconds_at - seconds_at[0]) / seconds).astype(np.int64)
    named = {3600: "h", 86400: "D"}
    return named.get(seconds, f"{seconds}s"), places


def _times(cells: Sequence[str]) -> tuple[pd.DatetimeIndex, int]:
    """Times in UTC without a zone, NaT where a cell is none; and how many those are.

    Whether the day comes first or the month is told by what reads more of the first cells, then by what comes in order.
    """

    def disorder(day_first: bool) -> tuple[int, float]:
        read = pd.DatetimeIndex(_parsed(cells[:JUDGED], day_first))
        return int(read.isna().sum()), _turns(read)

    read = pd.DatetimeIndex(_parsed(cells, disorder(True) < disorder(False)))
    return read, int(read.isna().sum())


def _turns(times: pd.DatetimeIndex) -> float:
    """How unevenly times follow each other."""
    distances = np.diff(times.dropna().asi8).astype(float)
    return float(np.abs(np.diff(distances)).sum()) if len(distances) > 1 else 0.0


def _parsed(cells: Sequence[str], day_first: bool) -> "pd.Series[pd.Timestamp]":
    """In the form of the first cell where nearly all have it; else cell by cell, which takes far longer."""
    written = pd.Series([_as_date(cell) for cell in cells], dtype="object")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it could not tell one form from the first cell
        read = pd.to_datetime(written, errors="coerce", dayfirst=day_first, utc=True)
    if float(read.isna().mean()) > 0.01 and len(written) <= MIXED:
        read = pd.to_datetime(written, errors="coerce", format="mixed", dayfirst=day_first, utc=True)
    return read.dt.tz_localize(None)


def _as_date(cell: str) -> str | None:
    """Years alone are the first of January; 20240131 is a day; other numbers, and words without a number, are none."""
    text = cell.strip()
    if re.fullmatch(r"\d{4}", text):
        return f"{text}-01-01"
    if re.fullmatch(r"\d{8}", text):
        return f"{text[:4]}-{text[4:6]}-{text[6:]}"
    if quarter := re.fullmatch(r"(\d{4})[-\s]?[Qq]([1-4])", text):
        return f"{quarter[1]}-{3 * int(quarter[2]) - 2:02}-01"
    if month := re.fullmatch(r"(\d{4})[-/.](\d{1,2})", text):
        return f"{month[1]}-{int(month[2]):02}-01"
    groups, words = re.findall(r"\d+", text), re.findall(r"[^\W\d]{3,}", text)
    is_date = (len(groups) >= 3 and any(mark in text for mark in "-/.:")) or (groups and words)
    return text if (is_date and not _NUMBER.fullmatch(text)) or _DOTTED.fullmatch(text) else None


def _looks_like_times(cells: Sequence[str]) -> bool:
    seen = [cell for cell in cells[:SEEN] if cell.lower() not in _MISSING]
    if not seen or (all(re.fullmatch(r"\d{4}", cell) for cell in seen) and not _years(seen)):
        return False
    return float(pd.DatetimeIndex(_parsed(seen, False)).isna().mean()) < 0.1 or (
        float(pd.DatetimeIndex(_parsed(seen, True)).isna().mean()) < 0.1
    )


def _years(cells: Sequence[str]) -> bool:
    """Whether numbers of four digits are years: they rise, always by the same."""
    numbers = list(map(int, cells))
    steps = {later - number for number, later in pairwise(numbers)}
    return all(1500 <= number <= 2200 for number in numbers) and len(steps) == 1 and min(steps) > 0


def _looks_like_numbers(cells: Sequence[str]) -> bool:
    seen = [cell for cell in cells[:SEEN] if cell.lower() not in _MISSING]
    marks = _marks(seen)
    return bool(seen) and sum(_number(cell, marks) is not None for cell in seen) > 0.9 * len(seen)


def _numbers(cells: Sequence[str], column: str) -> Tensor:
    """The cells as numbers; what is missing is NaN.

    Raises:
        InputError: many cells are no numbers.
    """
    marks = _marks(cells)
    found = [_number(cell, marks) for cell in cells]
    strange = [
        cell for cell, number in zip(cells, found, strict=True) if number is None and cell.lower() not in _MISSING
    ]
    if len(strange) > 0.1 * len(cells):
        raise InputError(
            f"{len(strange):,} of {len(cells):,} cells of the column {column[:60]!r} are no numbers, such as "
            f"{strange[0][:40]!r}. Choose another column, or clean this one."
        )
    values = [float("nan") if number is None else number for number in found]
    if sum(number is not None for number in found) < min(FEWEST, len(cells)):
        raise InputError(
            f"The column {column[:60]!r} has {sum(n is not None for n in found)} numbers; a forecast needs {FEWEST}."
        )
    return torch.tensor(values, dtype=torch.float64)


_DOT_DECIMAL, _COMMA_DECIMAL, _DOTS_THOUSANDS = (".", ","), (",", "."), ("", ".")
"""The sign before fractions, and the one between thousands."""


def _marks(cells: Sequence[str]) -> tuple[str, str]:
    """How all numbers of a column are written: told by one that can be read in one way only."""
    for cell in map(_bare, cells):
        if not _NUMBER.fullmatch(cell):
            continue
        whole, comma, fraction = cell.rpartition(",")
        if comma and "." in fraction:
            return _DOT_DECIMAL
        digits = re.sub(r"\D", "", whole)
        parts_thousands = len(re.sub(r"\D", "", fraction)) == 3 and digits not in ("", "0") and len(digits) <= 3
        if comma and ("." in whole or not (parts_thousands or "," in whole)):
            return _COMMA_DECIMAL
        if not comma and cell.count(".") > 1:
            return _DOTS_THOUSANDS
    return _DOT_DECIMAL


def _bare(cell: str) -> str:
    """Without a currency or a per cent sign, and with a plain minus."""
    return cell.strip().strip("€$£¥%").strip().replace("−", "-")


def _number(cell: str, marks: tuple[str, str] = _DOT_DECIMAL) -> float | None:
    """A number, written with these marks; None for anything else."""
    text = _bare(cell)
    if not _NUMBER.fullmatch(text):
        return None
    decimal, thousands = marks
    text = re.sub(r"['’\s_]", "", text).replace(thousands, "")
    try:
        return float(text.replace(decimal, ".") if decimal else text)
    except ValueError:
        return None


def _named(series: Series) -> Series:
    return replace(series, name=PREFIX + hashlib.sha256(write_series(series)).hexdigest()[:12])
