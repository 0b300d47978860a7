"""Embedding: the words' vectors while the network learns."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st
import torch

from seqviz.data.words import PAD, UNKNOWN
from seqviz.instruments.arrays import to_npz
from seqviz.instruments.embeddings import EmbeddingHistory, embedding_history, neighbours
from seqviz.snippets.subjects import Network
from seqviz.snippets.words import nearest_words
from seqviz.timelines.words import embedding_timeline
from seqviz.ui.shell import caches
from seqviz.ui.shell.frame import code, verbatim
from seqviz.ui.shell.memo import remembered
from seqviz.ui.shell.player import play
from seqviz.ui.shell.stage import View
from seqviz.ui.shell.url import choose
from seqviz.ui.words.subject import choose_reader, class_names

NEAREST = 8  # words
FIRST = "good"  # the word that is marked at first, where the network knows it


@dataclass(frozen=True)
class Word:
    """A network, and one of the words that it knows."""

    network: Network
    word: str

    @property
    def history(self) -> EmbeddingHistory:
        return _history(self.network.name, self.network.version, self.network)


def _choose() -> Word:
    network = choose_reader()
    words = [word for word in network.spec.words or () if word not in (PAD, UNKNOWN)]
    ordered = sorted(words, key=lambda word: (word != FIRST, word))
    return Word(network, choose("Word", ordered, "word", width=230))


def _result(chosen: Word) -> str:
    """The nearest word, and what became of the row that nothing is learned for."""
    (nearest, cosine), *_ = neighbours(chosen.network.model, chosen.word, 1)
    history = chosen.history
    said = f"Nearest to “{verbatim(chosen.word)}” is “{verbatim(nearest)}” (cosine **{cosine:.2f}**)"
    if len(history.vectors) == 1:
        return f"{said}."
    moved = (history.vectors[-1] - history.vectors[0]).norm(dim=1)
    own, padding = history.words.index(chosen.word), history.words.index(PAD)
    return f"{said}; training moved it by **{float(moved[own]):.2f}**, the padding by **{float(moved[padding]):.2f}**."


def _show(chosen: Word) -> None:
    network, history = chosen.network, chosen.history
    steps = _steps(network)
    play(embedding_timeline(history, steps, chosen.word, class_names(network)), key="embedding")
    if len(steps) == 1:
        st.caption("No snapshots were kept of this network while it learned, so there is only how it ended.")
    found = neighbours(network.model, chosen.word, NEAREST)
    alone = dict(zip(history.words, history.alone[-1].tolist(), strict=True))
    frame = pd.DataFrame(
        {"nearest": word, "cosine": cosine, f"{class_names(network)[-1]}, alone": alone[word]} for word, cosine in found
    )
    formats = {"cosine": "%.3f", f"{class_names(network)[-1]}, alone": "percent"}
    columns = {name: st.column_config.NumberColumn(format=form) for name, form in formats.items()}
    st.dataframe(frame, hide_index=True, column_config=columns, width=420)
    st.markdown(
        "A word is a row number, and its vector that row of `nn.Embedding.weight`: looking it up is a product with a "
        r"one-hot vector, $x_t = E^\top e_{w_t}$, so only rows that were read get a gradient. Packed, padding is never "
        "read: the row of `<pad>` gets none, and stays what chance made it but for weight decay."
    )
    with st.container(horizontal=True):
        name = f"seqviz-{network.name}-embedding"
        arrays = {
            "vectors": history.vectors.numpy(),
            "points": history.points.numpy(),
            "alone": history.alone.numpy(),
            "steps": torch.tensor(steps).numpy(),
        }
        st.download_button("Vectors (NPZ)", lambda: to_npz(arrays), f"{name}.npz", on_click="ignore")
        st.download_button("Neighbours (CSV)", lambda: frame.to_csv(index=False), f"{name}.csv", on_click="ignore")
    code(nearest_words(network, chosen.word, NEAREST), "Plain PyTorch, run from SeqViz's folder: the same neighbours.")


def _steps(network: Network) -> tuple[int, ...]:
    kept = caches.snapshots(network.name)
    return kept.steps if kept else (network.checkpoint.step,)


@remembered(16)
def _history(name: str, version: int, _network: Network) -> EmbeddingHistory:
    kept = caches.snapshots(name)
    return embedding_history([caches.earlier(_network, step) for step in kept.steps] if kept else [_network.model])


VIEW = View(
    "embedding",
    "Embedding",
    _choose,
    _show,
    result=_result,
    notice=(
        "Before training the words lie in no order; then praise and blame part along the first component.",
        "Furthest move the words that praise, those that blame, and those that turn a verdict: “not”, “but”, “than”. "
        "What is only told (“week”, “dinner”) moves little.",
        "The row behind the word changes while it is learned. That for padding gets no gradient: at most weight decay "
        "moves it.",
    ),
    question="Choose “not”. Alone it is hardly praise or blame, and yet training has moved it further than “good”. "
    "What does the network need its vector for?",
)
