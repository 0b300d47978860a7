"""Which network reads which text, and how: what the views of this page have in common."""

import re
from dataclasses import dataclass, replace

import streamlit as st

from seqviz.data.numbers import number_in_words
from seqviz.data.pairs import LONGEST, Pairs
from seqviz.data.tokens import Tokens
from seqviz.errors import DataError, InputError
from seqviz.instruments.attention_edits import CHANGES, AttentionChange, AttentionEdit
from seqviz.instruments.translation import Translation, translate
from seqviz.snippets.subjects import Translator
from seqviz.specs import SIGNALS
from seqviz.ui.shell import caches
from seqviz.ui.shell.choices import other_than
from seqviz.ui.shell.memo import remembered
from seqviz.ui.shell.url import assign, choose, pick, text, whole
from seqviz.ui.translate import roads

DEFAULTS = {"numbers": "24701", "dates": "March 14, 1979"}
"""What is read at first, by the kind of the data, where the network knows it."""
READS = {"own": "Its own words", "right": "The right words", "both": "Both, side by side"}
CHANGE_NAMES: dict[AttentionChange, str] = {
    "none": "As it is",
    "blur": "Blurred",
    "move": "Moved",
    "freeze": "Frozen",
}


@dataclass(frozen=True)
class Subject:
    """A network, what it reads, what it should write if that is known, and what is done to it.

    `reads` is whether the decoder reads its own words, the right ones, or is shown both ways; `forced` are tokens of
    another road by their step.
    """

    translator: Translator
    text: str
    right: tuple[int, ...] | None
    reads: str = "own"
    forced: tuple[tuple[int, int], ...] = ()
    edit: AttentionEdit | None = None
    signal: str = "hidden"

    @property
    def source(self) -> Tokens:
        return self.translator.model.source

    @property
    def target(self) -> Tokens:
        return self.translator.model.target

    @property
    def tokens(self) -> list[str]:
        """What is read, token by token."""
        return self.source.split(self.text)

    @property
    def free(self) -> Translation:
        """What it writes when it reads its own words."""
        return self._translated(None)

    @property
    def taught(self) -> Translation:
        """What it writes when it reads the right words."""
        assert self.right is not None
        return self._translated(self.right)

    @property
    def shown(self) -> Translation:
        return self.taught if self.reads == "right" else self.free

    @property
    def as_trained(self) -> "Subject":
        """The same without another attention."""
        return replace(self, edit=None)

    def _translated(self, right: tuple[int, ...] | None) -> Translation:
        one = self.translator
        forced = () if right is not None else self.forced
        return _translated(one.name, one.version, self.text, forced, right, self.edit, one)


@remembered(128)
def _translated(
    name: str,
    version: int,
    source: str,
    forced: tuple[tuple[int, int], ...],
    right: tuple[int, ...] | None,
    edit: AttentionEdit | None,
    _translator: Translator,
) -> Translation:
    model = _translator.model
    return translate(model, model.source.encode(source), forced=dict(forced), right=right, edit=edit)


def choose_translator(label: str = "Network", key: str = "translator", default: str = "numbers") -> Translator:
    """A shipped network that writes what it reads in another form, or one trained here."""
    caches.say_if_private(key)
    names = caches.task_network_names("pairs")
    return caches.translator(choose(label, names, key, names=caches.network_title, default=default, width=260))


def choose_subject() -> Subject:
    """The controls of Translate.

    Raises:
        InputError: there is nothing to read, or something that the network does not know.
    """
    translator = choose_translator()
    read, right = choose_text(translator)
    reads = pick("The decoder reads", list(READS), "decoder_reads", names=READS) if right is not None else "own"
    edit = _choose_edit(translator, len(translator.model.source.split(read)))
    signals = SIGNALS[translator.spec.cell]
    signal = choose("Signal", signals, "decoder_signal", names=str.capitalize, default="hidden", width=180)
    about = (translator.name, read)
    forced = roads.recalled(about, len(translator.model.target)) if reads == "own" else ()
    return Subject(translator, read, right, reads, forced, edit, signal)


def choose_text(translator: Translator) -> tuple[str, tuple[int, ...] | None]:
    """What is read, in the network's own form, and what should be written, where that is known.

    Raises:
        InputError: there is nothing to read, or something that the network does not know.
    """
    data = pairs_of(translator)
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


def _choose_edit(translator: Translator, places: int) -> AttentionEdit | None:
    """Attention in one's own hands, where there is any."""
    if translator.model.attention is None:
        return None
    change = choose("Attention", CHANGES, "attention_change", names=CHANGE_NAMES, width=180)
    if change == "none":
        return None
    amount = 0
    if change == "blur":
        amount = whole("Blurred by (%)", "attention_blur", slider=True)
    elif change == "move":
        amount = whole("Moved by (places)", "attention_shift", slider=True)
    start = whole("From which written token on", "attention_start", low=1, width=200) - 1
    return AttentionEdit(change, amount, start)


def in_words(target: Tokens, translation: Translation) -> str:
    """What was written, as a text."""
    return target.text(translation.tokens)
