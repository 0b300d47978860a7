"""`load_task`: the one way to get what is translated, spelled out or tagged."""

from seqviz.data.captions import Captions, captions
from seqviz.data.dates import dates
from seqviz.data.numbers import numbers
from seqviz.data.pairs import Pairs
from seqviz.data.tags import Tagged, tags
from seqviz.errors import DataError

Task = Pairs | Captions | Tagged


def load_task(name: str) -> Task:
    """A task that is made on this machine, from packages and embedded data.

    Args:
        name: "numbers-de-en" (or other languages, `numbers.LANGUAGES`), "dates-en" (`dates.LOCALES`), "captions",
            "captions-two", or "tags"; "numbers" and "dates" alone are German to English, and English.

    Raises:
        DataError: there is no such task.
        InputError: there is no such language.

    >>> load_task("numbers").name, load_task("captions").name
    ('numbers-de-en', 'captions')
    """
    kind, _, rest = name.partition("-")
    if kind == "numbers":
        source, _, target = (rest or "de-en").partition("-")
        return numbers(source, target)
    if kind == "dates":
        return dates(rest or "en")
    if name in ("captions", "captions-two"):
        return captions(2 if rest else 1)
    if name == "tags":
        return tags()
    raise DataError(f"There is no task {name!r}; choose numbers, dates, captions, captions-two or tags.")


def is_task(name: str) -> bool:
    """Whether `load_task` makes it, should its languages be there."""
    return name.partition("-")[0] in ("numbers", "dates", "captions", "tags")
