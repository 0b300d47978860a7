"""Numbers in words, from one language to another: pairs of texts that the package num2words writes."""

import random
from collections.abc import Callable, Mapping
from copy import copy
from functools import cache, lru_cache

from seqviz.data.pairs import Pairs
from seqviz.data.tokens import Units
from seqviz.errors import InputError

LARGEST = 999_999
DIGITS = len(str(LARGEST))
TRAIN, TEST = 20_000, 1_000
SMALL = 100  # all numbers below are learned from or held out

LANGUAGES: Mapping[str, str] = {
    "ar": "Arabic",
    "be": "Belarusian",
    "ca": "Catalan",
    "cs": "Czech",
    "cy": "Welsh",
    "da": "Danish",
    "de": "German",
    "en": "English",
    "eo": "Esperanto",
    "es": "Spanish",
    "fa": "Persian",
    "fi": "Finnish",
    "fr": "French",
    "he": "Hebrew",
    "hu": "Hungarian",
    "id": "Indonesian",
    "is": "Icelandic",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "kz": "Kazakh",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sk": "Slovak",
    "sl": "Slovenian",
    "sr": "Serbian",
    "sv": "Swedish",
    "uk": "Ukrainian",
    "vi": "Vietnamese",
}
"""Of each code of num2words the language in English, where every number up to the largest has words of its own."""

SPELT = frozenset({"ar", "da", "de", "fi", "hu", "it", "ja", "ko", "nl", "sk", "sv"})
"""Languages written letter by letter: a number is one long word there, or its words have marks between the letters."""


def number_in_words(number: int, language: str) -> str:
    """A number as its language writes it, in small letters.

    Raises:
        InputError: the language is unknown, or the number is negative or above `LARGEST`.

    >>> number_in_words(24, "de"), number_in_words(24, "en"), number_in_words(80, "fr")
    ('vierundzwanzig', 'twenty-four', 'quatre-vingts')
    """
    _check_language(language)
    if not 0 <= number <= LARGEST:
        raise InputError(f"The number {number} is not between 0 and {LARGEST:,}; choose one that is.")
    return " ".join(_cardinal(language)(number).replace("\u00ad", "").lower().split())


@lru_cache(maxsize=8)
def numbers(source: str = "de", target: str = "en") -> Pairs:
    """Numbers in one language to be read and in another to be written; no two have the same words.

    Half of them have any number of digits with the same chance, so that most small numbers are among them.

    Raises:
        InputError: a language is unknown, or both are the same.

    >>> pairs = numbers("de", "en")
    >>> len(pairs.train), len(pairs.test), ("zehn", "ten") in pairs.train + pairs.test
    (20000, 1000, True)
    """
    for language in (source, target):
        _check_language(language)
    if source == target:
        raise InputError(f"The source and the target are both {source!r}; choose another language for one of them.")
    pairs = tuple((words, number_in_words(number, target)) for words, number in _drawn(source))
    return Pairs(f"numbers-{source}-{target}", pairs[TEST:], pairs[:TEST], units_of(target))


def units_of(target: str) -> tuple[Units, Units]:
    """In what a source and this target are read and written.

    >>> units_of("en"), units_of("de")
    (('letters', 'words'), ('letters', 'letters'))
    """
    return "letters", "letters" if target in SPELT else "words"


def _drawn(language: str) -> list[tuple[str, int]]:
    """Different words with their numbers, in an order left to chance."""
    chance = random.Random(0)
    words = cache(lambda number: number_in_words(number, language))  # small numbers are drawn again and again
    found: dict[str, int] = {}
    for number in range(SMALL):
        found.setdefault(words(number), number)
    while len(found) < (TRAIN + TEST) // 2:
        number = int(chance.random() * 10 ** (1 + int(chance.random() * DIGITS)))
        found.setdefault(words(number), number)
    while len(found) < TRAIN + TEST:
        number = int(chance.random() * (LARGEST + 1))
        found.setdefault(words(number), number)
    drawn = list(found.items())
    chance.shuffle(drawn)
    return drawn


@lru_cache(maxsize=8)
def _cardinal(language: str) -> Callable[[int], str]:
    """The method of num2words that writes a number, without the names of larger numbers, which it tries one by one."""
    from num2words import CONVERTER_CLASSES

    converter = copy(CONVERTER_CLASSES[language])
    if hasattr(converter, "cards"):
        cards = converter.cards.items()
        converter.cards = type(converter.cards)((value, name) for value, name in cards if value <= LARGEST)
    return converter.to_cardinal


def _check_language(language: str) -> None:
    if language not in LANGUAGES:
        raise InputError(
            f"There are no numbers in the language {language!r}; choose one of the {len(LANGUAGES)} that there are, "
            "such as 'de', 'en' or 'fr'."
        )
