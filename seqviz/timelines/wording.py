"""Numbers as a person says them; the exact ones are in the hover and in what is downloaded."""

_NAMES = ((1e15, "a thousand trillion"), (1e12, "trillion"), (1e9, "billion"), (1e6, "million"))


def times(ratio: float) -> str:
    """A ratio of 1 or more in words.

    >>> times(1.34), times(48.7), times(4321.0), times(4.1e6), times(1e20)
    ('1.3 times', '49 times', '4,300 times', '4.1 million times', 'more than a thousand trillion times')
    """
    if ratio >= _NAMES[0][0]:
        return f"more than {_NAMES[0][1]} times"
    for size, name in _NAMES[1:]:
        if ratio >= size:
            return f"{_rounded(ratio / size)} {name} times"
    return f"{_rounded(ratio)} times"


def _rounded(number: float) -> str:
    """Two digits that count, the rest zeros; above a thousand by hundreds."""
    if number < 9.95:
        return f"{number:.1f}".removesuffix(".0")
    digits = 10 ** max(0, len(f"{number:.0f}") - 2)
    return f"{round(number / digits) * digits:,}"
