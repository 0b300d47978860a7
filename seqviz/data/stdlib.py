"""Python's standard library as a text: present wherever Python is, with quotes and brackets that are easy to follow.

Only modules in plain ASCII are read, so that the alphabet is the same everywhere. Which modules are held out depends
only on their names: a network that was trained under one version of Python meets no module that it learned from among
those held out under another.
"""

import functools
import os
import zlib
from collections.abc import Iterator
from pathlib import Path

from seqviz.errors import DataMissing

TRAIN, TEST = 2_500_000, 270_000  # characters, about
HELD_OUT = 10  # one module in so many


def present() -> bool:
    """Whether this Python came with its source as files."""
    return any(_folder().glob("*.py"))


@functools.cache
def read() -> tuple[str, str]:
    """`(train, test)`: whole modules, one after another, about 2.5 and 0.27 million characters.

    Raises:
        DataMissing: this Python came without its source.
    """
    train, test = "".join(_modules(held_out=False)), "".join(_modules(held_out=True))
    if not (train and test):
        raise DataMissing(
            f"This Python came without the source of its standard library (none in {_folder()}). "
            "Bring a text of your own, or use Tiny Shakespeare."
        )
    return train, test


def _modules(*, held_out: bool) -> Iterator[str]:
    """Modules in the order of a hash of their names, until there is enough."""
    left = TEST if held_out else TRAIN
    for path in sorted(_folder().glob("*.py"), key=_hash):
        if (_hash(path) % HELD_OUT == 0) is held_out and left > 0:
            content = path.read_bytes()
            if content.isascii():
                text = content.decode().replace("\r\n", "\n").replace("\f", "").expandtabs(4).strip("\n") + "\n\n\n"
                left -= len(text)
                yield text


def _folder() -> Path:
    return Path(os.__file__).parent


def _hash(path: Path) -> int:
    return zlib.crc32(path.name.encode())
