"""The controls that several pages share: which network, and which digit or text it reads."""

import secrets
from collections.abc import Callable, Sequence
from typing import TypeVar

import streamlit as st

from seqviz.data.datasets import available, load_dataset
from seqviz.data.drawing import decode_strokes, rasterize
from seqviz.data.examples import Digit, Example, Sentence
from seqviz.data.labelled_texts import LabelledTexts
from seqviz.data.vocabulary import visible
from seqviz.data.words import tokenize
from seqviz.errors import DataMissing, InputError
from seqviz.instruments.order import UnitOrder
from seqviz.snippets.subjects import Network
from seqviz.ui.shell import caches
from seqviz.ui.shell.downloads import offer
from seqviz.ui.shell.frame import verbatim
from seqviz.ui.shell.pad import drawing_pad
from seqviz.ui.shell.parameters import STEPS
from seqviz.ui.shell.stage import Notes
from seqviz.ui.shell.url import assign, choose, pick, text, value_of, whole

ORDERS: dict[UnitOrder, str] = {"similarity": "by similarity", "peak": "by time of peak", "index": "by number"}
SOURCES = {"digits": "Embedded digits", "mnist": "MNIST", "draw": "Draw one"}
Chosen = TypeVar("Chosen")
TEXTS_FROM = {"given": "Held out", "own": "Your words"}
OWN = "The film was not, whatever the posters say, bad."
NAMED = 12  # unknown words
BESIDE = {"nothing": "Nothing", "model": "Another network", "digit": "Another example"}


def choose_network(label: str, key: str, default: str = "gru") -> Network:
    """A shipped network that reads digits, or one trained here."""
    return _choose_of(caches.network_names(), label, key, default)


def choose_any_network(label: str, key: str, default: str = "gru") -> Network:
    """A shipped network that reads digits or words, or one trained here."""
    return _choose_of(caches.any_network_names(), label, key, default)


def choose_network_beside(network: Network, label: str, key: str, default: str = "lstm") -> Network:
    """A network that reads the same as another one, and names the same classes."""
    if network.spec.words is None:
        return choose_network(label, key, default)
    names = caches.reader_names(caches.texts_beside(network.checkpoint.dataset))
    return _choose_of(names, label, key, next((name for name in names if name != network.name), names[0]))


def _choose_of(names: list[str], label: str, key: str, default: str) -> Network:
    caches.say_if_private(key)
    names.insert(0, names.pop(names.index(default)))
    return caches.network(choose(label, names, key, names=caches.network_title, width=220))


def notes_of_texts(
    example: Callable[[Chosen], Example], notice: Sequence[str], question: str
) -> Callable[[Chosen], Notes | None]:
    """Other notes for a view of digits where it shows a text."""
    notes = Notes(notice, question)
    return lambda chosen: notes if isinstance(example(chosen), Sentence) else None


def choose_layer(network: Network, key: str = "layer") -> int:
    """The layer to look at, in the order of `h_n`."""
    spec = network.spec
    names = {}
    for index in range(spec.encoder.num_layers * spec.encoder.directions):
        backward = ", backward" if spec.encoder.bidirectional and index % 2 else ""
        names[str(index)] = f"layer {index // spec.encoder.directions + 1}{backward}"
    return int(choose("Layer", list(names), key, names=names, width=200)) if len(names) > 1 else 0


def choose_order() -> UnitOrder:
    """In which order the units are drawn."""
    return choose("Units in order", list(ORDERS), "order", names=ORDERS, width=170)


def choose_source() -> str:
    """Where digits come from; MNIST is on offer where it lies on this machine."""
    there = available()
    return pick(
        "Digits",
        [source for source in SOURCES if source == "draw" or source in there],
        "source",
        names=SOURCES,
    )


def choose_data(resets: Sequence[str] = ()) -> str:
    """What to train on; MNIST can be fetched where it is not on this machine yet."""
    data = pick("Data", available(), "data", names=SOURCES, resets=resets)
    download_mnist()
    return data


def choose_example(network: Network) -> Example:
    """What the network is to read: a test digit or a drawing, a held-out text or a visitor's own words.

    Raises:
        InputError: there are no words in the text, or too many.
    """
    if network.spec.words is None:
        return choose_digit(choose_source(), "sample")
    try:
        texts = caches.texts_for(network)
    except DataMissing:
        st.caption("The texts that this network learned from have been deleted: type your own.")
        texts = None
    if texts and pick("Text", list(TEXTS_FROM), "words_from", names=TEXTS_FROM) == "given":
        sentence = choose_sentence(texts, "review")
    else:
        data = texts.name if texts else network.checkpoint.dataset
        sentence = Sentence(own_words(), None, data, caches.class_names(network))
    say_unknown(network, sentence.words)
    return sentence


def choose_another(example: Example, digit_key: str, text_key: str, label: str) -> Example:
    """A second example of the same kind, from the test set."""
    if isinstance(example, Digit):
        return choose_digit(example.data, digit_key, label)
    return choose_sentence(caches.reviews(example.data), text_key, label)


def choose_digit(source: str, key: str, label: str = "Example") -> Digit:
    """A test digit by number, with a button for another one; or the drawing pad."""
    if source == "draw":
        strokes = drawing_pad("pad")
        return Digit(rasterize(decode_strokes(strokes)), strokes=strokes)
    return digit_of(source, choose_number(label, key, len(caches.dataset(source).test), "digit of the test set"))


def choose_sentence(texts: LabelledTexts, key: str, label: str = "Example") -> Sentence:
    """A held-out text by number, with a button for another one."""
    return sentence_of(texts, choose_number(label, key, len(texts.test), "text that no network has learned from"))


def say_unknown(network: Network, words: Sequence[str]) -> None:
    """Which words of a text a network does not know: it reads them all alike."""
    known = set(network.spec.words or ())
    unknown = [word for word in words if word not in known]
    if unknown:
        named = ", ".join(verbatim(visible(word)) for word in list(dict.fromkeys(unknown))[:NAMED])
        are = f"of {len(words)} words {'is' if len(unknown) == 1 else 'are'}"
        st.caption(f"{len(unknown)} {are} unknown to this network, which reads `<unk>` instead: {named}")


def own_words() -> tuple[str, ...]:
    """What a visitor has typed.

    Raises:
        InputError: there are no words in it, or too many.
    """
    words = tuple(tokenize(text("Your words", "words", OWN)))
    if not words:
        raise InputError("There are no words in this text. Type at least one.")
    if len(words) > STEPS:
        raise InputError(f"The text has {len(words):,} words; at most {STEPS} are read here. Cut it.")
    return words


def choose_number(label: str, key: str, count: int, what: str) -> int:
    """A number below `count`, with a button for another one, which is called `what`."""
    with st.container(horizontal=True, vertical_alignment="bottom", width="content"):
        number = whole(label, key, high=count - 1, width=150)
        st.button(
            "Another",
            key=f"{key} another",
            on_click=lambda: assign(key, other_than(value_of(key), count)),
            help=f"Another {what}, at random",
            icon=":material/casino:",
        )
    return number


def digit_of(data: str, index: int) -> Digit:
    """A test digit of a dataset."""
    test = caches.dataset(data).test
    return Digit(test.inputs[index], int(test.targets[index]), data, index)


def sentence_of(texts: LabelledTexts, index: int) -> Sentence:
    """A held-out text."""
    return Sentence(texts.test[index], texts.test_labels[index], texts.name, texts.classes, index)


def download_mnist() -> None:
    """A button that fetches MNIST, where it is not on this machine yet."""
    if "mnist" not in available():
        offer(
            "MNIST",
            "11 MB",
            "The embedded digits need no download.",
            lambda advance: load_dataset("mnist", download=True, progress=advance),
        )


def other_than(number: int, count: int) -> int:
    """A number below `count` at random, but not this one."""
    other = secrets.randbelow(count - 1)
    return other + (other >= number)
