"""Texts to learn from, and the character models that write."""

import hashlib
from pathlib import Path

import streamlit as st

from seqviz.data.names import TEXTS
from seqviz.data.text import TextData, available_texts, load_text
from seqviz.errors import CheckpointError, DataError
from seqviz.instruments.text_statistics import HashedWords, Words, words_of
from seqviz.jobs.history import runs_folder
from seqviz.jobs.texts import text_file
from seqviz.snippets.subjects import Network
from seqviz.specs import LearnedSpec, ModelSpec
from seqviz.training.checkpoints import load_checkpoint
from seqviz.ui.shell import caches
from seqviz.ui.shell.downloads import offer
from seqviz.ui.shell.memo import remembered
from seqviz.ui.shell.url import choose

NAMES = {"python": "Python's own source", "shakespeare": "Tiny Shakespeare", "own": "Your own text"}


def writer(name: str) -> Network:
    """The character model of a shipped checkpoint or of a run.

    Raises:
        CheckpointError: the file is missing or damaged, or no character model.
        PrivateRun: it learned from what another visitor brought.
    """
    caches.check_visible(name)
    path = caches.checkpoint_path(name)
    return _writer(name, path.stat().st_mtime_ns if path.exists() else 0, path)


@remembered(8)
def _writer(name: str, version: int, path: Path) -> Network:
    checkpoint = load_checkpoint(path)
    if not _writes(checkpoint.model):
        raise CheckpointError(f"The network {name} reads digits and cannot write; look at it on the other pages.")
    return Network.of(name, version, path, checkpoint)


def _writes(spec: LearnedSpec) -> bool:
    return isinstance(spec, ModelSpec) and spec.writes


def choose_writer(key: str, default: str) -> Network:
    """A shipped character model or one trained here."""
    caches.say_if_private(key)
    runs = caches.runs_here()
    own = [run.name for run in runs if run.description.step and _writes(run.description.model)]
    return writer(
        choose(
            "Network",
            [*caches.WRITERS, *own],
            key,
            names=caches.network_title,
            default=default,
            width=230,
            resets=["prompt"],
        )
    )


def text(name: str) -> TextData:
    """A text by name: "python", "shakespeare", or one that somebody brought to this machine.

    Raises:
        DataError: it is not here.
    """
    if name in TEXTS:
        return _shipped_text(name)
    text_file(runs_folder(), name)
    return _own_text(name)


def words_learned(dataset: str) -> Words:
    """The words that a network has learned from: those of the text where it is here, else those that ship."""
    try:
        data = text(dataset)
    except DataError:
        path = caches.MODELS / f"{dataset}.words"
        return HashedWords.from_bytes(path.read_bytes()) if dataset in TEXTS and path.is_file() else frozenset()
    return _words(data.name, len(data.train), data.train)


@st.cache_resource(show_spinner=False, max_entries=8)
def _words(name: str, length: int, _text: str) -> frozenset[str]:
    return words_of(_text)


def text_of(writer: Network) -> TextData | None:
    """What a network has learned from, where that is on this machine."""
    try:
        return text(writer.checkpoint.dataset)
    except DataError:
        return None


@st.cache_resource(show_spinner="Reading the text …", max_entries=4)
def _shipped_text(name: str) -> TextData:
    return load_text(name)


@st.cache_resource(show_spinner="Reading the text …", max_entries=4)
def _own_text(name: str) -> TextData:
    return load_text(text_file(runs_folder(), name), name=name)


def own_text(source: str | bytes) -> TextData:
    """A text that somebody brought, by a name that depends only on its content; nothing is written yet.

    Raises:
        InputError: it cannot be learned from.
    """
    content = source.encode(errors="surrogatepass") if isinstance(source, str) else source  # never taken for a name
    return _brought(hashlib.sha256(content).hexdigest()[:12], content)


@st.cache_resource(show_spinner="Reading the text …", max_entries=4)
def _brought(digest: str, _content: bytes) -> TextData:
    return load_text(_content, name=f"own-{digest}")


def download_shakespeare() -> None:
    """A button that fetches Tiny Shakespeare, where it is not on this machine yet."""
    if "shakespeare" not in available_texts():
        offer(
            "Tiny Shakespeare",
            "1.1 MB",
            "Python's own source needs no download.",
            lambda advance: load_text("shakespeare", download=True, progress=advance),
        )
