"""`load_text`: the one way to get a text to learn from, with a tenth of it held out."""

import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import torch
from jaxtyping import Int
from torch import Tensor

from seqviz.data import stdlib
from seqviz.data.batch import Batch
from seqviz.data.download import fetch, towards
from seqviz.data.folders import data_folder
from seqviz.data.vocabulary import Vocabulary
from seqviz.errors import DataCorrupt, DataMissing, InputError
from seqviz.specs import ModelSpec, NetworkSpec, ObjectiveName, TrainSpec

SHORTEST, LARGEST = 1_000, 5_000_000  # characters, bytes
HELD_OUT = 10  # one in so many characters
CHARACTERS = 512  # distinct ones, at most
SHAKESPEARE_URLS = ("https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",)
SHAKESPEARE_MD5 = "6fb458f1232090904fb40fe944165e91"
SHAKESPEARE_SIZE = 1_115_394


@dataclass(frozen=True)
class TextData:
    """A text to learn from and a text that is held out, both written in one vocabulary.

    It is learned in `batch_size` contiguous streams, `truncate` characters a batch. The state crosses from one batch to
    the next, but no gradient does; an epoch begins with an empty state.
    """

    name: str
    train: str
    test: str
    characters: str = ""
    """The vocabulary, where it is not that of the two texts."""
    objective: ObjectiveName = "step_cross_entropy"

    @cached_property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary(self.characters) if self.characters else Vocabulary.of(self.train + self.test)

    def for_network(self, spec: NetworkSpec) -> "TextData":
        """The same texts in the network's own vocabulary.

        Raises:
            InputError: it is no character model.
        """
        if not isinstance(spec, ModelSpec) or spec.characters is None or spec.head.kind != "each_step":
            raise InputError(
                f"This network does not read characters and answer after each one, so it cannot learn from {self.name}."
            )
        if spec.encoder.bidirectional:
            raise InputError(
                "A network that reads in both directions has seen the character that it should predict; "
                "choose one direction."
            )
        return replace(self, characters=spec.characters)

    def stream_length(self, training: TrainSpec) -> int:
        """Characters that each stream predicts in an epoch."""
        return (len(self.train) - 1) // training.batch_size

    def steps_per_epoch(self, training: TrainSpec) -> int:
        return max(1, math.ceil(self.stream_length(training) / training.truncate))

    def training_batches(self, training: TrainSpec, device: torch.device, after: int = 0) -> Iterator[Batch]:
        """The streams side by side, `truncate` characters at a time, again from the start in each epoch.

        Raises:
            InputError: the text is too short for so many streams, or holds characters that the vocabulary has not.
        """
        length, streams = self.stream_length(training), training.batch_size
        if length < 1:
            raise InputError(
                f"The text has {len(self.train):,} characters to learn from, too few for a batch of "
                f"{streams:,} streams. Set the batch to {(len(self.train) - 1) // 2:,} or less."
            )
        tokens = self.vocabulary.encode(self.train).to(device)
        inputs = tokens[: streams * length].view(streams, length)
        targets = tokens[1 : streams * length + 1].view(streams, length)
        steps = self.steps_per_epoch(training)
        for step in range(after, training.epochs * steps):
            start = step % steps * training.truncate
            chunk = slice(start, start + training.truncate)
            yield Batch(inputs[:, chunk], targets[:, chunk], continues=start > 0)

    def test_batches(self, device: torch.device | str = "cpu") -> Iterator[Batch]:
        """The held-out text in contiguous streams."""
        return text_batches(self.vocabulary.encode(self.test).to(device))


STREAMS, STREAM, CHUNK = 32, 500, 256
"""A text is scored in at most so many streams, each of at least so many characters, in chunks of so many."""


def text_batches(tokens: Int[Tensor, " time"]) -> Iterator[Batch]:
    """A text to be scored: in every stream, all characters but the first are to be predicted."""
    streams, length = _streams(len(tokens))
    rows = tokens[: streams * length].reshape(streams, length)
    for start in range(0, length - 1, CHUNK):
        targets = rows[:, start + 1 : start + CHUNK + 1]
        yield Batch(rows[:, start : start + targets.shape[1]], targets, continues=start > 0)


def _streams(characters: int) -> tuple[int, int]:
    streams = max(1, min(STREAMS, characters // STREAM))
    return streams, characters // streams


def load_text(
    source: str | bytes | Path,
    root: Path | str | None = None,
    *,
    name: str = "own text",
    download: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> TextData:
    """A text with its last tenth held out.

    Args:
        source: "python" (the standard library's own source, see `stdlib`), "shakespeare" (Tiny Shakespeare, Karpathy
            2015), a file as a `Path` or as `bytes`, or any other text itself.
        root: Tiny Shakespeare's folder; default: the environment's `SEQVIZ_DATA`, else the user's cache folder.
        name: what to call a text of one's own.
        download: fetch Tiny Shakespeare if it is not there; nothing is ever downloaded otherwise.
        progress: called with (bytes so far, bytes in all) while downloading.

    Raises:
        InputError: no UTF-8, too short, too long, or too many distinct characters.
        DataError: Tiny Shakespeare is missing, damaged or out of reach, or Python came without its source.

    >>> data = load_text("the quick brown fox " * 100)
    >>> len(data.train), len(data.test), len(data.vocabulary)
    (1800, 200, 16)
    """
    if source == "python":
        return TextData("python", *stdlib.read())
    if source == "shakespeare":
        return TextData("shakespeare", *_held_out(_shakespeare(root, download, progress)))
    return TextData(name, *_held_out(_checked(_read(source))))


def available_texts(root: Path | str | None = None) -> list[str]:
    """The texts that can be loaded on this machine without a download."""
    texts = ["python"] if stdlib.present() else []
    return texts + (["shakespeare"] if _shakespeare_file(root).is_file() else [])


def _held_out(text: str) -> tuple[str, str]:
    border = len(text) - len(text) // HELD_OUT
    return text[:border], text[border:]


def _read(source: str | bytes | Path) -> str:
    if isinstance(source, Path):
        try:
            if source.stat().st_size > LARGEST:
                raise _too_large(source.stat().st_size)
            return _read(source.read_bytes())
        except OSError as error:
            raise InputError(f"{source} cannot be read ({error.strerror}); choose another file.") from error
    if isinstance(source, str):
        return source
    try:
        if len(source) > LARGEST:
            raise _too_large(len(source))
        return source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"This is no UTF-8 text: byte {source[error.start]:#04x} at position {error.start} does not fit. "
            "Save the file as UTF-8 and try again."
        ) from error


def _checked(text: str) -> str:
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise InputError(
            f"The text holds half a character ({text[error.start]!r} at position {error.start}), as UTF-8 cannot "
            "write it. Take it out and try again."
        ) from error
    if size > LARGEST:
        raise _too_large(size)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(text) < SHORTEST:
        raise InputError(
            f"The text has {len(text):,} characters; a network needs at least {SHORTEST:,} to learn from. Add more."
        )
    if (distinct := len(set(text))) > CHARACTERS:
        raise InputError(
            f"The text has {distinct:,} distinct characters; a network here knows at most {CHARACTERS}. "
            "Choose a text in an alphabet, or take rare characters out."
        )
    return text


def _too_large(size: int) -> InputError:
    return InputError(f"The text has {size / 1e6:.1f} MB; at most {LARGEST / 1e6:.0f} MB are taken. Cut it.")


def _shakespeare_file(root: Path | str | None) -> Path:
    return data_folder(root) / "tinyshakespeare" / "input.txt"


def _shakespeare(root: Path | str | None, download: bool, progress: Callable[[int, int], None] | None) -> str:
    path = _shakespeare_file(root)
    if download and not (path.is_file() and _digest(path) == SHAKESPEARE_MD5):
        advance = towards(SHAKESPEARE_SIZE, progress)
        fetch(SHAKESPEARE_URLS, SHAKESPEARE_MD5, path, advance, instead="stay with Python's own source")
    if not path.is_file():
        raise DataMissing(
            f"Tiny Shakespeare is not in {path.parent}. Download it (1.1 MB) from the Sampling page, "
            "or set SEQVIZ_DATA to the folder that holds tinyshakespeare/input.txt."
        )
    if _digest(path) != SHAKESPEARE_MD5:
        raise DataCorrupt(f"{path} is truncated or damaged. Delete it and download it again from the Sampling page.")
    return path.read_text(encoding="utf-8")


def _digest(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
