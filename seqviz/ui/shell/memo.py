"""What was computed is kept for all visitors, by what it is about."""

import functools
import inspect
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def remembered(size: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Keep the last `size` results of a function that takes its arguments by position and returns what nobody changes.

    As in Streamlit's caches, arguments whose names begin with an underscore do not count. Those caches look at the
    signature and hash every argument anew at each call, which takes up to a millisecond; a page makes dozens of calls.
    They still keep what takes long enough for a spinner. Two visitors who ask at once may both compute.

    >>> calls = []
    >>> @remembered(2)
    ... def tenfold(number, _note):
    ...     calls.append(number)
    ...     return 10 * number
    >>> [tenfold(number, "a note") for number in (1, 2, 1, 3, 2)], calls
    ([10, 20, 10, 30, 20], [1, 2, 3, 2])
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        kept: OrderedDict[Hashable, T] = OrderedDict()
        counts = [not name.startswith("_") for name in inspect.signature(function).parameters]

        @functools.wraps(function)
        def ask(*args: P.args, **kwargs: P.kwargs) -> T:
            assert not kwargs
            key: tuple[Any, ...] = tuple(arg for arg, of_key in zip(args, counts, strict=True) if of_key)
            try:
                found = kept[key]
                kept.move_to_end(key)
            except KeyError:
                found = kept[key] = function(*args, **kwargs)
                if len(kept) > size:
                    kept.popitem(last=False)
            return found

        return ask

    return decorate
