"""Which network reads which text: what the views of this page have in common."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import streamlit as st
from jaxtyping import Float
from torch import Tensor

from seqviz.data.reviews import OPPOSITES, TRAIN, PlantedReview, planted_reviews
from seqviz.data.words import UNKNOWN
from seqviz.instruments.embeddings import neighbours
from seqviz.instruments.word_attribution import WORD_METHODS, WordMethod, attribute_words
from seqviz.instruments.word_reading import WordReading, read_words
from seqviz.snippets.subjects import Network
from seqviz.ui.shell import caches
from seqviz.ui.shell.choices import TEXTS_FROM, choose_sentence, own_words
from seqviz.ui.shell.memo import remembered
from seqviz.ui.shell.url import asked_for, assign, choose, pick, value_of

OF_PLANTED, OF_PEOPLE = "words-planted-lstm", "words"  # networks
AS_IT_IS = "as it is"
METHOD_NAMES: Mapping[WordMethod, str] = {
    "left_out": "leaving the word out",
    "unknown": "an unknown word in its place",
    "integrated_gradients": "integrated gradients",
}


@dataclass(frozen=True)
class Change:
    """In the place of one word, another, or nothing."""

    place: int
    new: tuple[str, ...]


@dataclass(frozen=True)
class Subject:
    """A network and the words that it reads; `label` is their class if that is known, `review` where they come from, if
    a grammar wrote them."""

    network: Network
    words: tuple[str, ...]
    label: int | None = None
    review: PlantedReview | None = None
    method: WordMethod = "left_out"
    change: Change | None = None

    @property
    def text(self) -> str:
        """What was typed; of a held-out text, its words."""
        return value_of("words") if self.label is None else " ".join(self.words)

    @property
    def reading(self) -> WordReading:
        """The text as it is."""
        return self._read(self.words)

    @property
    def changed(self) -> WordReading | None:
        """The text with one word changed; None where none is."""
        if self.change is None:
            return None
        place, new = self.change.place, self.change.new
        return self._read((*self.words[:place], *new, *self.words[place + 1 :]))

    def _read(self, words: tuple[str, ...]) -> WordReading:
        network = self.network
        reading = _read(network.name, network.version, words, network)
        return replace(
            reading, changes=_attributed(network.name, network.version, words, self.method, network, reading)
        )

    def verdict(self, reading: WordReading) -> str:
        """The class that the network answers with, by its name."""
        return self.class_name(reading.answer)

    def class_name(self, number: int) -> str:
        return class_names(self.network)[number]


def class_names(network: Network) -> Sequence[str]:
    """What the network may answer."""
    return caches.class_names(network)


def choose_subject() -> Subject:
    """The controls: a network, a text, what its words are painted by, and a word of it that may be changed."""
    subject = choose_network_and_text()
    change = _choose_change(subject.network, subject.words)
    method = choose("Painted by", WORD_METHODS, "painted_by", names=METHOD_NAMES, width=230)
    return replace(subject, method=method, change=change)


def choose_network_and_text() -> Subject:
    """A network, and a text that it has not learned from, or the visitor's own.

    Raises:
        InputError: there are no words in the text, or too many.
    """
    text, shipped = st.container(), asked_for("word_reader") in (None, OF_PLANTED, OF_PEOPLE)
    with text:
        resets = ("word_reader",) if shipped else ()  # one's own network stays
        own = pick("Text", list(TEXTS_FROM), "words_from", names=TEXTS_FROM, resets=resets) == "own"
    network = choose_reader(own_words=own)
    with text:
        if own:
            return Subject(network, own_words())
        texts = caches.texts_for(network)
        chosen = choose_sentence(texts, "review")
    assert chosen.index is not None
    review = held_out()[chosen.index] if texts.name == "planted" else None
    return Subject(network, chosen.words, chosen.label, review)


def choose_reader(*, own_words: bool = False) -> Network:
    """A shipped network that reads words, or one trained here; at first the one that knows such a text."""
    caches.say_if_private("word_reader")
    usual, names = OF_PEOPLE if own_words else OF_PLANTED, caches.reader_names()
    return caches.network(choose("Network", names, "word_reader", names=caches.network_title, default=usual, width=230))


def _choose_change(network: Network, words: tuple[str, ...]) -> Change | None:
    """A word in another's place, chosen in two steps: which, and what for."""
    places = [AS_IT_IS, *(str(place) for place in range(1, len(words) + 1))]
    chosen = choose(
        "Change a word",
        places,
        "changed_word",
        names=lambda place: place if place == AS_IT_IS else f"{place} · {words[int(place) - 1]}",
        width=230,
    )
    if chosen == AS_IT_IS:
        return None
    place = int(chosen) - 1
    instead = _instead(network, words[place])
    if len(words) == 1:
        del instead["nothing"]  # of an empty text nothing could be said
    kind = choose("Into", list(instead), "changed_into", names=lambda kind: f"{kind}: {instead[kind]}", width=230)
    return Change(place, () if kind == "nothing" else (instead[kind],))


def pick_word(place: int) -> None:
    """From a click: this word is the one that is changed; if it was, none is."""
    number = str(place + 1)
    assign("changed_word", AS_IT_IS if value_of("changed_word") == number else number)


def _instead(network: Network, word: str) -> dict[str, str]:
    """What can stand for a word: its opposite, its neighbour in the embedding, a word that nobody knows, or nothing."""
    found = {"opposite": OPPOSITES[word]} if word in OPPOSITES else {}
    return found | {"nearest": neighbours(network.model, word, 1)[0][0], "unknown": UNKNOWN, "nothing": "leave it out"}


@st.cache_resource(show_spinner=False)
def held_out() -> list[PlantedReview]:
    """Reviews that no network has learned from."""
    return planted_reviews()[TRAIN:]


@remembered(64)
def _read(name: str, version: int, words: tuple[str, ...], _network: Network) -> WordReading:
    return read_words(_network.model, words)


@remembered(64)
def _attributed(
    name: str, version: int, words: tuple[str, ...], method: WordMethod, _network: Network, _reading: WordReading
) -> Float[Tensor, " time"]:
    return attribute_words(_network.model, _reading, method)
