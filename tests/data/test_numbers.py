"""Numbers in words: held to num2words itself, to numbers that everybody knows, and to what is held out."""

import random
import re

import pytest
from num2words import num2words

from seqviz.data import dates
from seqviz.data import numbers as module
from seqviz.data.numbers import LANGUAGES, LARGEST, SPELT, TEST, TRAIN, number_in_words, numbers
from seqviz.data.tokens import Tokens, split
from seqviz.errors import InputError


def some_numbers(count: int) -> list[int]:
    chance = random.Random(7)
    return [0, 1, 10, 11, 99, 100, 101, 1000, 1001, 11_000, 100_000, LARGEST, *(chance.sample(range(LARGEST), count))]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_are_those_of_num2words_without_digits_and_each_number_has_its_own(language):
    found = {}
    for number in some_numbers(60):
        words = number_in_words(number, language)
        assert words == " ".join(num2words(number, lang=language).replace("\u00ad", "").lower().split())
        assert re.fullmatch(r"\D+", words)
        assert found.setdefault(words, number) == number


@pytest.mark.parametrize(
    ("number", "language", "words"),
    [
        (24, "de", "vierundzwanzig"),
        (0, "en", "zero"),
        (97, "fr", "quatre-vingt-dix-sept"),
        (999_999, "en", "nine hundred and ninety-nine thousand, nine hundred and ninety-nine"),
        (21, "it", "ventuno"),
        (42, "es", "cuarenta y dos"),
        (10_000, "ja", "一万"),
    ],
)
def test_numbers_that_everybody_knows(number, language, words):
    assert number_in_words(number, language) == words


def test_num2words_still_knows_larger_numbers_afterwards():
    number_in_words(5, "en")
    assert num2words(10**12, lang="en") == "one trillion"


def test_german_is_read_by_letters_and_english_written_by_words():
    pairs = numbers("de", "en")
    known = dict(pairs.train + pairs.test)
    assert (pairs.name, pairs.units) == ("numbers-de-en", ("letters", "words"))
    assert (len(pairs.train), len(pairs.test)) == (TRAIN, TEST)
    assert known["vierundzwanzig"] == "twenty-four"
    assert pairs.target.text(pairs.target.encode("twenty-four").tolist()) == "twenty - four"
    assert len(pairs.target) < 40


def test_what_is_held_out_is_not_learned_and_all_small_numbers_are_there():
    pairs = numbers("de", "en")
    learned, held_out = dict(pairs.train), dict(pairs.test)
    assert len(learned) == TRAIN
    assert len(held_out) == TEST
    assert not learned.keys() & held_out.keys()
    assert not set(learned.values()) & set(held_out.values())
    small = {number_in_words(number, "de") for number in range(100)}
    assert small <= {*learned, *held_out}
    assert len(small & learned.keys()) >= 90


def test_half_of_the_numbers_are_drawn_over_all_of_them():
    drawn = [number for _, number in module._drawn("id")]
    over_half = sum(number > LARGEST // 2 for number in drawn) / len(drawn)
    assert over_half == pytest.approx(0.25 + 0.5 * 0.17, abs=0.02)
    assert sum(number < 1000 for number in drawn) > 950


@pytest.mark.parametrize("target", ["sl", "he"])
def test_every_word_of_a_language_is_in_the_vocabulary(target):
    vocabulary = set(numbers("id", target).target.vocabulary)
    for number in some_numbers(2000):
        assert vocabulary >= set(split(number_in_words(number, target), "words"))


def test_a_language_that_joins_its_words_is_written_by_letters():
    for language in LANGUAGES:
        words = Tokens.of((number_in_words(number, language) for number in range(1, 50_000, 250)), "words")
        assert len(words) < 125 or language in SPELT, f"{language} has {len(words)} words"
    assert module.units_of("de") == ("letters", "letters")


def test_numbers_with_the_same_words_are_taken_once(monkeypatch):
    """Turkish has such numbers in num2words, and is left out for it."""
    assert num2words(100_001, lang="tr") == num2words(101_001, lang="tr")
    monkeypatch.setattr(module, "number_in_words", lambda number, _: f"about {number // 2}")
    drawn = module._drawn("en")
    assert len({words for words, _ in drawn}) == len(drawn) == TRAIN + TEST


def test_the_same_numbers_every_time():
    assert numbers.__wrapped__("de", "en") == numbers("de", "en")


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: number_in_words(5, "xx"), "language 'xx'; choose one of the .* such as 'de', 'en'"),
        (lambda: number_in_words(-1, "en"), "number -1 is not between 0 and 999,999"),
        (lambda: number_in_words(1_000_000, "en"), "number 1000000 is not between"),
        (lambda: numbers("xx", "en"), "language 'xx'"),
        (lambda: numbers("en", "en_IN"), "language 'en_IN'"),
        (lambda: numbers("en", "en"), "are both 'en'; choose another"),
    ],
)
def test_what_there_is_not_is_said(call, said):
    with pytest.raises(InputError, match=said):
        call()


def test_num2words_and_babel_are_not_imported_before_they_are_needed():
    assert not {"num2words", "CONVERTER_CLASSES"} & vars(module).keys()
    assert not {"babel", "format_date"} & vars(dates).keys()
