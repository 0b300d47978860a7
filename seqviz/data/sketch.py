"""A curve drawn by hand, as one short text: a symbol for the height at each of `POINTS` places, a dot where none is."""

from collections.abc import Sequence

from seqviz.errors import InputError

POINTS = 48
SYMBOLS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
NOTHING = "."


def encode_sketch(heights: Sequence[float | None]) -> str:
    """Heights in [0, 1] from the bottom, None where nothing was drawn.

    >>> decode_sketch(encode_sketch([0.0, 1.0, *[None] * 46]))[:3]
    (0.0, 1.0, None)
    """
    top = len(SYMBOLS) - 1
    return "".join(NOTHING if one is None else SYMBOLS[round(max(0.0, min(1.0, one)) * top)] for one in heights)


def decode_sketch(text: str) -> tuple[float | None, ...]:
    """What `encode_sketch` wrote.

    Raises:
        InputError: it is something else.
    """
    if len(text) != POINTS or not set(text) <= {*SYMBOLS, NOTHING}:
        raise InputError(f"A drawn curve has {POINTS} signs; {text[:20]!r} is none. Draw it again.")
    return tuple(None if sign == NOTHING else SYMBOLS.index(sign) / (len(SYMBOLS) - 1) for sign in text)
