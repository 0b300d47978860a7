"""Numbers as a person says them; the exact ones are in the hover and in what is downloaded."""

import math

_NAMES = ((1e15, "a thousand trillion"), (1e12, "trillion"), (1e9, "billion"), (1e6, "million"))


def amount(number: float) -> str:
    """A number of 1 or more in words.

    >>> amount(1.34), amount(48.7), amount(4321.0), amount(4.1e6), amount(999_999.9), amount(1e20)
    ('1.3', '49', '4,300', '4.1 million', '1 million', 'more than a thousand trillion')
    """
    if number >= _NAMES[0][0]:
        return f"more than {_NAMES[0][1]}"
    for size, name in _NAMES[1:]:
        if number >= 0.995 * size:  # which rounds up to it
            return f"{_rounded(number / size)} {name}"
    return _rounded(number)


def times(ratio: float) -> str:
    """A ratio of 1 or more in words.

    >>> times(1.34), times(4.1e6)
    ('1.3 times', '4.1 million times')
    """
    return f"{amount(ratio)} times"


def compared(share: float) -> str:
    """What is left of something that was 1, or what it has become.

    >>> compared(2.4e-7), compared(0.19), compared(0.99), compared(27.0), compared(0.0)
    ('4.2 million times weaker', '5.3 times weaker', 'as strong', '27 times stronger', 'nothing at all')
    """
    if share == 0:
        return "nothing at all"
    if not math.isfinite(share):
        return "no number any more"
    if 0.95 <= share <= 1.05:
        return "as strong"
    return f"{times(1 / share)} weaker" if share < 1 else f"{times(share)} stronger"


def _rounded(number: float) -> str:
    """Two digits that count, the rest zeros; above a thousand by hundreds."""
    if number < 9.95:
        return f"{number:.1f}".removesuffix(".0")
    digits = 10 ** max(0, len(f"{number:.0f}") - 2)
    return f"{round(number / digits) * digits:,}"


def opening(text: str) -> str:
    """A text as it begins a sentence; the rest of it stays as it is.

    >>> opening("row 3"), opening("sci-Fi")
    ('Row 3', 'Sci-Fi')
    """
    return text[:1].upper() + text[1:]


def a_digit(digit: int) -> str:
    """A digit with its article.

    >>> a_digit(8), a_digit(1)
    ('an 8', 'a 1')
    """
    return f"{'an' if digit == 8 else 'a'} {digit}"


def in_unit(value: float, unit: str, decimals: int | None = None) -> str:
    """A value with its unit, as a sentence has it: with so many decimals, else about three digits.

    >>> in_unit(0.4234, "ppm"), in_unit(123.4, "sunspots"), in_unit(-0.00123, "1"), in_unit(365.43, "ppm", 1)
    ('0.42 ppm', '123 sunspots', '−0.0012', '365.4 ppm')
    """
    size = abs(value)
    if decimals is not None:
        shown = f"{value:,.{decimals}f}"
    elif 0 < size < 0.1 or size >= 1e7:
        shown = f"{value:.2g}"
    else:
        shown = f"{value:,.{0 if size >= 100 else 1 if size >= 10 else 2}f}"
    shown = shown.replace("-", "−")
    return shown if unit in ("", "1") else f"{shown} {unit}"
