"""Which network reads which text: what the views of this page have in common."""

from dataclasses import dataclass, replace

import streamlit as st

from seqviz.data.labelled_texts import VERDICTS
from seqviz.data.reviews import OPPOSITES, TRAIN, PlantedReview, planted_reviews
from seqviz.data.words import UNKNOWN, tokenize
from seqviz.errors import InputError
from seqviz.instruments.word_reading import WordReading, read_words, vocabulary_of
from seqviz.snippets.subjects import Network
from seqviz.ui.shell import caches
from seqviz.ui.shell.choices import other_than
from seqviz.ui.shell.memo import remembered
from seqviz.ui.shell.url import assign, choose, pick, text, value_of, whole

SOURCES = {"planted": "A planted review", "own": "Your own words"}
LONGEST = 300  # words
OWN = "The film was not, whatever the posters say, bad."
AS_IT_IS = "as it is"


@dataclass(frozen=True)
class Subject:
    """A network and the words that it reads; `review` is where they come from, if a grammar wrote them."""

    network: Network
    words: tuple[str, ...]
    review: PlantedReview | None = None
    changed: tuple[str, ...] | None = None
    """The same words with one of them changed."""

    def reading(self, words: tuple[str, ...]) -> WordReading:
        return _read(self.network.name, self.network.version, words, self.network)

    def verdict(self, reading: WordReading) -> str:
        """The class that the network answers with, by its name."""
        return self.class_name(reading.answer)

    def class_name(self, number: int) -> str:
        return VERDICTS[number] if self.network.spec.head.outputs == 1 else f"class {number}"


def choose_subject() -> Subject:
    """The controls: a network, a text, and a word of it that may be changed."""
    network = choose_reader()
    subject = Subject(network, *choose_text())
    return replace(subject, changed=_change(subject))


def choose_text() -> tuple[tuple[str, ...], PlantedReview | None]:
    """The words of a review that nobody has learned from, or of the visitor's own text.

    Raises:
        InputError: there are none, or too many.
    """
    if pick("Text", list(SOURCES), "words_from", names=SOURCES) == "planted":
        review = _choose_review()
        return review.words, review
    words = tuple(tokenize(text("Your words", "words", OWN)))
    if not words:
        raise InputError("There are no words in this text. Type at least one.")
    if len(words) > LONGEST:
        raise InputError(f"The text has {len(words):,} words; at most {LONGEST} are read here. Cut it.")
    return words, None


def choose_reader() -> Network:
    """A shipped network that reads words, or one trained here."""
    caches.say_if_private("word_reader")
    own = [run.name for run in caches.runs_here() if run.description.step and run.description.model.words]
    return caches.network(
        choose("Network", [*caches.READERS, *own], "word_reader", names=caches.network_title, width=230)
    )


def _choose_review() -> PlantedReview:
    reviews = _held_out()
    with st.container(horizontal=True, vertical_alignment="bottom", width="content"):
        index = whole("Review", "review", high=len(reviews) - 1, width=150)
        st.button(
            "Another",
            on_click=lambda: assign("review", other_than(value_of("review"), len(reviews))),
            help="Another review that the network has not learned from, at random",
            icon=":material/casino:",
        )
    return reviews[index]


def _change(subject: Subject) -> tuple[str, ...] | None:
    """A word in another's place, chosen in two steps: which, and what for."""
    words = subject.words
    places = [AS_IT_IS, *(str(place) for place in range(1, len(words) + 1))]
    place = choose(
        "Change a word",
        places,
        "changed_word",
        names=lambda place: place if place == AS_IT_IS else f"{place} · {words[int(place) - 1]}",
        width=230,
    )
    if place == AS_IT_IS:
        return None
    word = words[int(place) - 1]
    instead = _instead(subject, word)
    chosen = choose("Into", list(instead), "changed_into", names=lambda kind: f"{kind}: {instead[kind]}", width=230)
    return (*words[: int(place) - 1], instead[chosen], *words[int(place) :])


def _instead(subject: Subject, word: str) -> dict[str, str]:
    """What can stand for a word: its opposite, its neighbour in the embedding, or a word that nobody knows."""
    found = {"opposite": OPPOSITES[word]} if word in OPPOSITES else {}
    return found | {"nearest": _nearest(subject.network, word), "unknown": UNKNOWN}


def _nearest(network: Network, word: str) -> str:
    """The word whose vector points most in the same direction."""
    vocabulary, embedding = vocabulary_of(network.model), network.model.embedding
    assert embedding is not None
    vectors = embedding.weight.detach()
    own = vectors[int(vocabulary.encode([word]))]
    likeness = (vectors @ own) / (vectors.norm(dim=1) * own.norm()).clamp(min=1e-12)
    likeness[:2] = -2  # the padding and the unknown word are no neighbours
    if word in vocabulary:
        likeness[int(vocabulary.encode([word]))] = -2
    return vocabulary.words[int(likeness.argmax())]


@st.cache_resource(show_spinner=False)
def _held_out() -> list[PlantedReview]:
    return planted_reviews()[TRAIN:]


@remembered(64)
def _read(name: str, version: int, words: tuple[str, ...], _network: Network) -> WordReading:
    return read_words(_network.model, words)
