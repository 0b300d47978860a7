"""Series in tables: numbers and dates of many hands, gaps, repeats, frequencies, and what is refused."""

import math
import random

import pytest
import torch

from seqviz.data.series_table import date_columns, number_columns, read_series, series_of_table, write_series
from seqviz.data.tables import Table, read_table
from seqviz.errors import DataCorrupt, InputError


def table(*rows: tuple[str, ...], columns: tuple[str, ...] = ("date", "value")) -> Table:
    return Table(columns, rows, True, 0)


def days(count: int, form: str = "{year}-{month:02}-{day:02}") -> list[str]:
    import datetime

    first = datetime.date(2024, 1, 1)
    dates = (first + datetime.timedelta(days=number) for number in range(count))
    return [form.format(year=one.year, month=one.month, day=one.day) for one in dates]


@pytest.mark.parametrize(
    ("cells", "first"),
    [
        (["1,234.5", "2,000.0"], [1234.5, 2000.0]),
        (["1.234,5", "2.000,0"], [1234.5, 2000.0]),
        (["1 234,5", "2 000,25"], [1234.5, 2000.25]),
        (["1'234.5", "2'000"], [1234.5, 2000.0]),
        (["1,234", "2,000"], [1234.0, 2000.0]),
        (["3,5", "1,234"], [3.5, 1.234]),
        (["1.234.567", "2"], [1234567.0, 2.0]),
        (["-5", "−7.5"], [-5.0, -7.5]),
        (["12 %", "13%"], [12.0, 13.0]),
        (["€ 12.50", "$13"], [12.5, 13.0]),
        (["1e3", "2.5E-1"], [1000.0, 0.25]),
        (["0,500", "2,250"], [0.5, 2.25]),
        (["1234,567", "2,5"], [1234.567, 2.5]),
        (["999.500", "1.000.200"], [999500.0, 1000200.0]),
    ],
)
def test_numbers_as_people_write_them(cells, first):
    rows = [(date, cells[number % 2]) for number, date in enumerate(days(40))]
    series = series_of_table(table(*rows)).series
    assert series.values[:2].tolist() == first


@pytest.mark.parametrize(
    ("dates", "frequency", "period", "second"),
    [
        (days(40), "D", 7, "2024-01-02"),
        (days(40, "{day:02}.{month:02}.{year}"), "D", 7, "2024-01-02"),
        (days(40, "{month}/{day}/{year}"), "D", 7, "2024-01-02"),
        (days(40, "{day}/{month}/{year}"), "D", 7, "2024-01-02"),
        (days(40, "{year}{month:02}{day:02}"), "D", 7, "2024-01-02"),
        ([f"{1950 + number}" for number in range(40)], "YS", 1, "1951"),
        ([f"{2000 + number // 12}-{number % 12 + 1:02}" for number in range(60)], "MS", 12, "2000-02-01"),
        ([f"{2000 + number // 4}Q{number % 4 + 1}" for number in range(40)], "QS", 4, "2000-04-01"),
        (
            [f"2024-01-{1 + number // 24:02}T{number % 24:02}:00:00Z" for number in range(100)],
            "h",
            24,
            "2024-01-01 01:00",
        ),
        (
            [f"2024-01-{1 + number // 24:02} {number % 24:02}:00+02:00" for number in range(100)],
            "h",
            24,
            "2023-12-31 23:00",
        ),
        ([f"2024-01-01 {number // 4:02}:{number % 4 * 15:02}" for number in range(96)], "900s", 1, "2024-01-01 00:15"),
    ],
)
def test_calendars_are_recognised(dates, frequency, period, second):
    rows = [(date, str(number)) for number, date in enumerate(dates)]
    series = series_of_table(table(*rows)).series
    assert (series.frequency, series.period, series.time(1)) == (frequency, period, second)
    assert series.values.tolist() == list(range(len(dates)))


def test_weeks_have_a_season_of_52():
    import datetime

    first = datetime.date(2015, 1, 5)
    rows = [(str(first + datetime.timedelta(weeks=number)), str(number)) for number in range(200)]
    series = series_of_table(table(*rows)).series
    assert (series.step, series.period, series.time(200)) == ("week", 52, "2018-11-05")


def test_weekends_are_no_gaps_in_working_days():
    import datetime

    first = datetime.date(2024, 1, 1)
    dates = [first + datetime.timedelta(days=number) for number in range(60)]
    rows = [(str(date), "1.5") for date in dates if date.weekday() < 5]
    brought = series_of_table(table(*rows))
    assert (brought.series.frequency, brought.said) == ("B", ())


def test_gaps_repeats_and_disorder_are_mended_and_said():
    rows = [(date, str(number)) for number, date in enumerate(days(40))]
    del rows[10]
    rows.append((days(1)[0], "2"))  # the first day again: 0 and 2
    rows[20] = (rows[20][0], "NA")
    random.Random(0).shuffle(rows)
    brought = series_of_table(table(*rows))
    assert len(brought.series) == 40
    assert brought.series.values[0] == 1.0
    assert brought.series.values[10] == 9.0
    said = " ".join(brought.said)
    for sentence in ("The rows were not in the order of time", "1 row repeats a time", "2 gaps of 'value' are filled"):
        assert sentence in said


def test_a_remark_among_numbers_does_not_change_how_they_are_read():
    rows = [(date, "missing, see note" if number == 9 else f"{number}.5") for number, date in enumerate(days(40))]
    assert series_of_table(table(*rows), "value", "date").series.values[10] == 10.5


def test_numbers_that_only_look_like_dates_are_none():
    for first in (lambda n: "2000", lambda n: f"{1500 + n * n}", lambda n: f"12 {345 + n}", lambda n: f"1'{234 + n}"):
        rows = [(first(number), str(number)) for number in range(40)]
        assert date_columns(table(*rows)) == []


def test_dates_may_be_left_aside():
    rows = [(date, str(number)) for number, date in enumerate(days(40))]
    assert series_of_table(table(*rows), "value", "").series.time(0) == "step 1"
    with pytest.raises(InputError, match="There is no column 'sold'"):
        series_of_table(table(*rows), "sold")


def test_four_weeks_are_no_month_and_early_centuries_are_read():
    import datetime

    first = datetime.date(2020, 1, 1)
    rows = [(str(first + datetime.timedelta(days=28 * number)), str(number)) for number in range(100)]
    assert len(series_of_table(table(*rows)).series) == 100
    early = series_of_table(table(*((str(1500 + number), str(number)) for number in range(40)))).series
    assert (early.time(0), early.time(40)) == ("1500", "1540")


def test_a_season_that_is_too_long_is_said():
    rows = [(date, str(number)) for number, date in enumerate(days(60))]
    brought = series_of_table(table(*rows), period=30)
    assert brought.series.period == 1
    assert "A season of 30 needs 60 values" in brought.said[-1]


def test_without_dates_the_rows_stand_in_their_order():
    series = series_of_table(Table(("column 1",), tuple((str(number),) for number in range(30)), False, 0)).series
    assert (series.start, series.time(0), series.step) == (None, "step 1", "step")


def test_other_columns_are_read_beside_it():
    rows = [(date, str(number), str(-number)) for number, date in enumerate(days(40))]
    series = series_of_table(table(*rows, columns=("date", "sold", "cold")), "sold", "date", ["cold"]).series
    assert series.other_names == ("cold",)
    assert series.others[:, 0].tolist() == [-float(number) for number in range(40)]


def test_columns_are_told_apart():
    rows = [(date, str(number), "word") for number, date in enumerate(days(40))]
    found = table(*rows, columns=("day", "sold", "name"))
    assert (date_columns(found), number_columns(found)) == (["day"], ["sold"])


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([(date, "word") for date in days(40)], "holds numbers, so there is nothing to forecast"),
        ([(date, "5") for date in days(5)], "numbers; a forecast needs 20|The series has 5 values"),
        ([("2024-01-01", str(number)) for number in range(40)], "All rows have the same date"),
        ([(day, str(n)) for n, day in enumerate([*days(10), "2030-01-01", *days(30)[20:]])], "have no value"),
    ],
)
def test_what_is_no_series_is_refused_in_a_sentence(rows, message):
    with pytest.raises(InputError, match=message):
        series_of_table(table(*rows))


def test_strings_among_numbers_are_named():
    rows = [(date, "broken" if number % 5 == 0 else str(number)) for number, date in enumerate(days(40))]
    with pytest.raises(InputError, match="8 of 40 cells of the column 'value' are no numbers, such as 'broken'"):
        series_of_table(table(*rows), "value", "date")


def test_a_series_is_kept_as_it_is():
    rows = [(date, str(number / 7), str(-number)) for number, date in enumerate(days(40))]
    series = series_of_table(table(*rows, columns=("date", "sold", "cold")), "sold", "date", ["cold"], period=3).series
    again = read_series(write_series(series), series.name)
    assert torch.equal(again.values, series.values)
    assert torch.equal(again.others, series.others)
    assert (again.start, again.frequency, again.period, again.notes) == (
        series.start,
        series.frequency,
        3,
        series.notes,
    )


@pytest.mark.parametrize("content", [b"", b"\xff", b"a,b\n1,2\n", b"t,u,1,step,,\nvalue\nx\n"])
def test_a_damaged_file_is_a_sentence(content):
    with pytest.raises(DataCorrupt, match="The series some is damaged"):
        read_series(content, "some")


def test_a_table_of_many_rows_is_read(tmp_path):
    content = b"value\n" + b"\n".join(str(math.sin(number)).encode() for number in range(50_000))
    series = series_of_table(read_table(content)).series
    assert len(series) == 50_000


def test_zones_are_said_and_forms_may_be_mixed():
    rows = [(f"2024-01-0{1 + n // 24} {n % 24:02}:00+02:00", str(n)) for n in range(100)]
    assert "Times with a zone are read in UTC." in series_of_table(table(*rows)).said
    mixed = [(date if n % 3 else f"{date} 00:00", str(n)) for n, date in enumerate(days(60))]
    assert series_of_table(table(*mixed)).series.values.tolist() == list(range(60))
