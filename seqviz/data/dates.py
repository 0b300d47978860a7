"""Dates as people write them, to be written as ISO 8601 does: pairs of texts that the package Babel writes."""

import datetime
import random
from collections.abc import Mapping
from functools import lru_cache

from seqviz.data.pairs import Pair, Pairs
from seqviz.errors import InputError

FIRST, LAST = datetime.date(1900, 1, 1), datetime.date(2099, 12, 31)
TRAIN, TEST = 20_000, 1_000

LOCALES: Mapping[str, str] = {
    "ca": "Catalan",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "en_GB": "British English",
    "es": "Spanish",
    "et": "Estonian",
    "fi": "Finnish",
    "fr": "French",
    "hr": "Croatian",
    "hu": "Hungarian",
    "id": "Indonesian",
    "is": "Icelandic",
    "it": "Italian",
    "nb": "Norwegian",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sk": "Slovak",
    "sl": "Slovenian",
    "sv": "Swedish",
    "tr": "Turkish",
    "uk": "Ukrainian",
}
"""Of each code of Babel the language in English, with the Gregorian calendar, named months and digits 0 to 9."""

_DAY_FIRST = ("d MMM y", "E d MMM y")
_DAY_FIRST_COMMA = ("d MMM y", "E, d MMM y")
_DAY_FIRST_DOT = ("d. MMM y", "E d. MMM y")
_DAY_FIRST_DOT_COMMA = ("d. MMM y", "E, d. MMM y")
_PATTERNS: Mapping[str, tuple[str, ...]] = {
    "ca": ("d MMM 'del' y", "E, d MMM 'del' y"),
    "cs": ("E d. MMMM y",),
    "da": (*_DAY_FIRST_DOT, "'den' d. MMMM y"),
    "de": (*_DAY_FIRST_DOT_COMMA, "EEEE, 'den' d. MMMM y"),
    "el": _DAY_FIRST,
    "en": ("d MMMM y", "MMM d, y", "E, MMM d, y", "d MMM y"),
    "en_GB": ("MMMM d, y", *_DAY_FIRST, "EEEE d MMMM y"),
    "es": _DAY_FIRST_COMMA,
    "et": ("d. MMM y", "E, d. MMMM y"),
    "fi": ("E d. MMMM y",),
    "fr": (*_DAY_FIRST, "'le' d MMMM y"),
    "hr": ("d. MMM y.", "E, d. MMM y."),
    "hu": ("y. MMM d.", "y. MMM d., E"),
    "id": _DAY_FIRST_COMMA,
    "is": _DAY_FIRST_DOT_COMMA,
    "it": _DAY_FIRST,
    "nb": _DAY_FIRST_DOT,
    "nl": _DAY_FIRST,
    "pl": _DAY_FIRST_COMMA,
    "pt": ("d 'de' MMM 'de' y", "E, d 'de' MMM 'de' y"),
    "ro": _DAY_FIRST_COMMA,
    "ru": ("d MMM y 'г'.", "E, d MMM y 'г'.", "d MMMM y"),
    "sk": ("E d. MMMM y",),
    "sl": _DAY_FIRST_DOT_COMMA,
    "sv": (*_DAY_FIRST, "'den' d MMMM y"),
    "tr": ("d MMM y", "d MMM y E"),
    "uk": ("d MMM y 'р'.", "E, d MMM y 'р'.", "d MMMM y"),
}
"""Further forms of a date, in the signs of CLDR: EEEE and MMMM are names, E and MMM are short names."""


def forms(locale: str) -> tuple[str, ...]:
    """The forms of a date in a locale: two by the names that Babel gives them, the others as patterns.

    Raises:
        InputError: the locale is unknown.

    >>> forms("hu")
    ('long', 'full', 'y. MMM d.', 'y. MMM d., E')
    """
    if locale not in LOCALES:
        raise InputError(
            f"There are no dates of the locale {locale!r}; choose one of the {len(LOCALES)} that there are, "
            "such as 'en', 'de' or 'fr'."
        )
    return "long", "full", *_PATTERNS[locale]


def written_date(date: datetime.date, locale: str, form: str = "long") -> str:
    """A date with the name of its month and all digits of its year.

    Raises:
        InputError: the locale is unknown, or has no such form.

    >>> day = datetime.date(2026, 11, 27)
    >>> written_date(day, "en", "full"), written_date(day, "es"), written_date(day, "de", "E, d. MMM y")
    ('Friday, November 27, 2026', '27 de noviembre de 2026', 'Fr., 27. Nov. 2026')
    """
    if form not in (known := forms(locale)):
        raise InputError(f"The locale {locale!r} has no dates in the form {form!r}; choose one of {known}.")
    from babel.dates import format_date

    return " ".join(format_date(date, form, locale=locale).split())


@lru_cache(maxsize=8)
def dates(locale: str = "en") -> Pairs:
    """Different days in any form of a locale to be read, to be written like 2026-11-27; no day occurs twice.

    Raises:
        InputError: the locale is unknown.

    >>> pairs = dates("en")
    >>> len(pairs.train), len(pairs.test), len(pairs.target)
    (20000, 1000, 12)
    """
    choice, chance = forms(locale), random.Random(0)
    span = (LAST - FIRST).days + 1
    days: dict[int, str] = {}
    while len(days) < TRAIN + TEST:
        days.setdefault(int(chance.random() * span), choice[int(chance.random() * len(choice))])
    pairs = tuple(_pair(FIRST + datetime.timedelta(day), locale, form) for day, form in days.items())
    return Pairs(f"dates-{locale}", pairs[TEST:], pairs[:TEST], ("letters", "letters"))


def _pair(date: datetime.date, locale: str, form: str) -> Pair:
    return written_date(date, locale, form), date.isoformat()
