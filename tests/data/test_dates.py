"""Dates as people write them: held to Babel's own names, to days that everybody knows, and to what is held out."""

import datetime
import re

import pytest
from babel import Locale
from babel.dates import format_date

from seqviz.data.dates import LOCALES, TEST, TRAIN, dates, forms, written_date
from seqviz.errors import InputError

DAY = datetime.date(1969, 7, 20)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_form_has_the_name_of_the_month_the_day_and_all_digits_of_the_year(locale):
    assert Locale.parse(locale).language in locale
    for form in forms(locale):
        for month in range(1, 13):
            date = datetime.date(2026, month, 28)
            text = written_date(date, locale, form)
            assert sorted(re.findall(r"\d+", text)) == ["2026", "28"], text
            assert any(name in text for name in names(locale, month)), f"{text} in the form {form}"


def names(locale: str, month: int) -> list[str]:
    months = Locale.parse(locale).months["format"]
    return [months[width][month] for width in ("wide", "abbreviated")]


@pytest.mark.parametrize("locale", LOCALES)
def test_forms_are_different_and_no_two_days_are_written_the_same(locale):
    written = [written_date(datetime.date(1969, 11, 14), locale, form) for form in forms(locale)]
    assert len(set(written)) == len(written) >= 3
    year = [DAY + datetime.timedelta(days) for days in range(0, 366, 3)]
    for form in forms(locale):
        assert len({written_date(day, locale, form) for day in year}) == len(year)


@pytest.mark.parametrize(
    ("locale", "form", "text"),
    [
        ("en", "full", "Sunday, July 20, 1969"),
        ("en", "d MMMM y", "20 July 1969"),
        ("en_GB", "long", "20 July 1969"),
        ("de", "EEEE, 'den' d. MMMM y", "Sonntag, den 20. Juli 1969"),
        ("fr", "full", "dimanche 20 juillet 1969"),
        ("es", "long", "20 de julio de 1969"),
        ("hu", "long", "1969. július 20."),
        ("ru", "d MMMM y", "20 июля 1969"),
    ],
)
def test_the_day_of_the_moon_landing(locale, form, text):
    assert written_date(DAY, locale, form) == text


@pytest.mark.parametrize("locale", ["en", "hu"])
def test_what_is_held_out_is_not_learned(locale):
    pairs = dates(locale)
    assert (pairs.name, pairs.units) == (f"dates-{locale}", ("letters", "letters"))
    assert (len(pairs.train), len(pairs.test)) == (TRAIN, TEST)
    both = pairs.train + pairs.test
    assert len({source for source, _ in both}) == len({day for _, day in both}) == TRAIN + TEST
    years = {datetime.date.fromisoformat(day).year for _, day in both}
    assert (min(years), max(years)) == (1900, 2099)
    assert "".join(pairs.target.vocabulary) == "\n-0123456789"


def test_every_form_occurs_and_every_text_means_its_day():
    both = dates("en").train + dates("en").test
    counts = dict.fromkeys(forms("en"), 0)
    for text, day in both:
        date = datetime.date.fromisoformat(day)
        (form, *_) = [form for form in forms("en") if " ".join(format_date(date, form, "en").split()) == text]
        counts[form] += 1
    assert all(count > len(both) / len(counts) * 0.8 for count in counts.values())


def test_the_same_dates_every_time():
    assert dates.__wrapped__("fi") == dates("fi")


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: dates("xx"), "locale 'xx'; choose one of the .* such as 'en'"),
        (lambda: written_date(DAY, "th"), "locale 'th'"),
        (lambda: written_date(DAY, "de", "short"), "'de' has no dates in the form 'short'; choose one of .*'full'"),
    ],
)
def test_what_there_is_not_is_said(call, said):
    with pytest.raises(InputError, match=said):
        call()
