"""The controls of pages that look into translators: which network, and what it reads."""

import re
from dataclasses import dataclass

import streamlit as st

from seqviz.data.numbers import number_in_words
from seqviz.data.pairs import LONGEST, Pairs
from seqviz.errors import DataError, InputError
from seqviz.instruments.translation import Translation, translate
from seqviz.networks.unroll import LayerTrace
from seqviz.snippets.subjects import Translator
from seqviz.ui.shell import caches
from seqviz.ui.shell.choices import other_than
from seqviz.ui.shell.memo import remembered
from seqviz.ui.shell.url import assign, choose, forget, pick, text

DEFAULTS = {"numbers": "24701", "dates": "March 14, 1979"}
"""What is read at first, by the kind of the data, where the network knows it."""
PLAIN = "numbers-plain"
STACKS = {"encoder": "Read (encoder)", "decoder": "Write (decoder)"}


def choose_translator(key: str) -> Translator:
    """A shipped network that writes what it reads in another form, or one trained here."""
    caches.say_if_private(key)
    names = caches.task_network_names("pairs")
    return caches.translator(choose("Network", names, key, names=caches.network_title, default="numbers", width=260))


def choose_text(translator: Translator) -> tuple[str, tuple[int, ...] | None]:
    """What is read, in the network's own form, and what should be written, where that is known.

    Raises:
        InputError: there is nothing to read, or something that the network does not know.
    """
    data = pairs_of(translator)
    kind = translator.checkpoint.dataset.partition("-")[0]
    kind = kind if kind == "numbers" else translator.checkpoint.dataset
    if st.session_state.get("sentence for") not in (None, kind):
        forget(["sentence"])  # it belongs to a network that reads something else
    st.session_state["sentence for"] = kind
    with st.container():
        typed = text(_label(translator), "sentence", _default(translator, data))
        if data is not None:
            st.button(
                "Another",
                key="another pair",
                icon=":material/casino:",
                on_click=_another,
                args=(data, typed),
                help="Another text that no network has learned from, at random",
            )
    read = as_read(translator, typed)
    should = _should_write(translator.checkpoint.dataset, typed, read, data)
    return read, None if should is None else tuple(translator.model.target.encode(should).tolist())


def as_read(translator: Translator, typed: str) -> str:
    """A typed text as the network reads it: a number becomes words of its language.

    Raises:
        InputError: it is empty, too long, or the network does not know something in it.
    """
    kind, _, languages = translator.checkpoint.dataset.partition("-")
    written = " ".join(typed.split())
    if kind == "numbers":
        number = number_of(written)
        written = written.lower() if number is None else number_in_words(number, languages.partition("-")[0])
    tokens = translator.model.source.split(written)
    if not tokens:
        raise InputError("There is nothing to read. Type a text, or press Another.")
    if len(tokens) > LONGEST:
        units = translator.model.source.units
        raise InputError(f"The text has {len(tokens):,} {units}; at most {LONGEST} are read here. Cut it.")
    translator.model.source.encode(written)
    return written


def pairs_of(translator: Translator) -> Pairs | None:
    """What the network learned from; None where that has been deleted."""
    try:
        data = caches.task_data(translator.checkpoint.dataset)
    except DataError:
        return None
    return data if isinstance(data, Pairs) else None


def number_of(typed: str) -> int | None:
    """A number that is typed in digits, with or without marks between the thousands; None for any other text.

    >>> number_of("24,701"), number_of(" 1.000 "), number_of("vier"), number_of("-3")
    (24701, 1000, None, None)
    """
    digits = re.sub(r"[\s.,']", "", typed)
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 10 else None


def _should_write(dataset: str, typed: str, read: str, data: Pairs | None) -> str | None:
    """The right answer: of a number in digits always, of any other text where the data has it."""
    kind, _, languages = dataset.partition("-")
    if kind == "numbers" and (number := number_of(typed)) is not None:
        return number_in_words(number, languages.partition("-")[2])
    return None if data is None else _answers(dataset, data).get(read)


@remembered(4)
def _answers(dataset: str, _data: Pairs) -> dict[str, str]:
    """The right answer to every text of the data."""
    return dict(_data.train + _data.test)


def _label(translator: Translator) -> str:
    kind = translator.checkpoint.dataset.partition("-")[0]
    return {"numbers": "A number, in digits or letters", "dates": "A date, with its month by name"}.get(kind, "A text")


def _default(translator: Translator, data: Pairs | None) -> str:
    usual = DEFAULTS.get(translator.checkpoint.dataset.partition("-")[0])
    if usual is not None and (number_of(usual) is not None or not translator.model.source.unknown(usual)):
        return usual
    return data.test[0][0] if data else translator.model.source.vocabulary[1]


def _another(data: Pairs, typed: str) -> None:
    places = {read: place for place, (read, _) in enumerate(data.test)}
    assign("sentence", data.test[other_than(places.get(typed, 0), len(data.test))][0])


@remembered(64)
def translated(name: str, version: int, read: str, _translator: Translator) -> Translation:
    """What a network writes of a text."""
    return translate(_translator.model, _translator.model.source.encode(read))


def choose_two() -> tuple[Translator, Translator]:
    """Two networks that learned the same pairs; at first one with attention and one without."""
    datasets = caches.task_datasets("pairs")
    for key in ("with_attention", "without_attention"):
        caches.say_if_private(key)
    titles = caches.network_title
    first = choose("One network", list(datasets), "with_attention", names=titles, default="numbers", width=260)
    alike = [name for name, dataset in datasets.items() if dataset == datasets[first]]
    usual = PLAIN if PLAIN in alike else alike[0]
    second = choose("Another", alike, "without_attention", names=titles, default=usual, width=260)
    return caches.translator(first), caches.translator(second)


@dataclass(frozen=True)
class StackLook:
    """A translator, what it reads, and the stack of its layers that is looked at."""

    translator: Translator
    text: str
    stack: str

    @property
    def tokens(self) -> list[str]:
        return self.translator.model.source.split(self.text)

    @property
    def translation(self) -> Translation:
        one = self.translator
        return translated(one.name, one.version, self.text, one)

    @property
    def layers(self) -> tuple[LayerTrace, ...]:
        return self.translation.encoder if self.stack == "encoder" else self.translation.decoder


def choose_stack() -> StackLook:
    """The controls of a view that looks at one stack of a translator.

    Raises:
        InputError: there is nothing to read, or something that the network does not know.
    """
    translator = choose_translator("translator")
    stack = pick("Layers that", list(STACKS), "stack", names=STACKS)
    text_read, _ = choose_text(translator)
    return StackLook(translator, text_read, stack)
