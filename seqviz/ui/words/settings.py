"""What a network of words is to learn from, how, and what it will cost."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import streamlit as st

from seqviz.data.labelled_texts import LabelledTexts, available_reviews, load_reviews
from seqviz.data.words import WordVocabulary
from seqviz.errors import InputError
from seqviz.networks.build import shapes
from seqviz.palette import CELL_NAMES, TEXT_HEAD_NAMES
from seqviz.specs import CELLS, TEXT_HEADS, ModelSpec, TrainSpec
from seqviz.training.loop import total_steps
from seqviz.training.recipes import words_recipe
from seqviz.ui.shell import caches
from seqviz.ui.shell.cost import say_cost
from seqviz.ui.shell.downloads import offer
from seqviz.ui.shell.memo import remembered
from seqviz.ui.shell.parameters import options_of
from seqviz.ui.shell.url import choose, forget, pick, switch, whole
from seqviz.ui.words.own_tables import choose_own_table

DOWNLOADS = {"reviews": "0.6 MB", "imdb": "84 MB"}
SETTINGS = (
    "word_cell",
    "word_head",
    "word_both",
    "word_units",
    "embedding_size",
    "word_epochs",
    "word_batch",
    "word_rate",
    "word_dropout",
    "weight_decay",
    "patience",
    "bucketed",
    "word_seed",
    "compared_epochs",
    "word_cut",
)
FEWEST_WORDS = 5  # <pad> and <unk> among them
OWN = "own"
OWN_NAME = {OWN: "your own texts"}


def choose_reviews() -> LabelledTexts:
    """Which reviews, with a button that fetches those that are not here."""
    there = available_reviews()
    name = pick("Learn from", there, "reviews", names=caches.DATA, resets=SETTINGS)
    _offer_missing(there)
    return caches.reviews(name)


def choose_texts(learned: str) -> LabelledTexts | None:
    """The same, or texts of one's own, at first those that a run has `learned`; None while they are to be brought.

    Raises:
        SeqVizError: they cannot be learned from.
    """
    there = available_reviews()
    name = pick("Learn from", [*there, OWN], "reviews", names=caches.DATA | OWN_NAME, resets=SETTINGS)
    if name != OWN:
        _offer_missing(there)
        return caches.reviews(name)
    texts = choose_own_table(learned)
    if texts is not None and st.session_state.get("own table settings") not in (None, texts.name):
        forget(SETTINGS)  # the recipe for other texts
    if texts is not None:
        st.session_state["own table settings"] = texts.name
    return texts


def _offer_missing(there: Sequence[str]) -> None:
    for missing, size in DOWNLOADS.items():
        if missing not in there:
            offer(caches.DATA[missing], size, "The planted reviews need no download.", partial(_fetch, missing))


def _fetch(name: str, advance: Callable[[int, int], None]) -> None:
    load_reviews(name, download=True, progress=advance)


def settings(data: LabelledTexts) -> tuple[ModelSpec, TrainSpec]:
    """What to train and how; opens with a recipe that works on such texts in half a minute."""
    spec, training = words_recipe(data)
    cell = pick("Cell", CELLS, "word_cell", names=CELL_NAMES, default=spec.encoder.cell)
    both = switch("Both directions", "word_both")
    head = choose("Head reads", TEXT_HEADS, "word_head", names=TEXT_HEAD_NAMES, default=spec.head.kind, width=230)
    with st.expander("More settings"):
        cut = whole("Known: words that occur … times", "word_cut", default=data.at_least, width=230)
        units = whole("Units in each direction", "word_units", default=spec.encoder.hidden_size, width=150)
        embedding = whole("Entries of a vector", "embedding_size", default=spec.input.size, width=150)
        epochs = whole("Epochs", "word_epochs", default=training.epochs, width=130)
        batch = whole("Batch size", "word_batch", default=training.batch_size, width=130)
        recommended = f"{training.learning_rate:g}"
        rate = choose("Learning rate", options_of("word_rate"), "word_rate", default=recommended, width=140)
        unknown = f"{training.word_dropout:g}"
        dropped = choose(
            "Words read as unknown", options_of("word_dropout"), "word_dropout", default=unknown, width=190
        )
        usual = f"{training.weight_decay:g}"
        decay = choose("Weight decay", options_of("weight_decay"), "weight_decay", default=usual, width=140)
        patience = whole(
            "Patience",
            "patience",
            width=130,
            help="Stop early, once the held-out loss has not fallen for so many epochs; 0: never. "
            "The last weights stay, not the best ones.",
        )
        bucketed = switch("Batches of similar length", "bucketed")
        seed = whole("Seed", "word_seed", width=130)
    model = ModelSpec.text_classifier(
        cut_vocabulary(data, cut),
        cell,
        units,
        embedding_size=embedding,
        bidirectional=both,
        head=head,
        num_classes=len(data.classes),
    )
    run = replace(
        training,
        epochs=epochs,
        batch_size=batch,
        learning_rate=float(rate),
        word_dropout=float(dropped),
        weight_decay=float(decay),
        patience=patience,
        bucket_by_length=bucketed,
        seed=seed,
    )
    return model, run


def cut_vocabulary(data: LabelledTexts, at_least: int) -> tuple[str, ...]:
    """The words of these texts that occur so often.

    Raises:
        InputError: hardly any does.
    """
    words = data.vocabulary.words if at_least == data.at_least else _cut(data.name, at_least, data)
    if len(words) < FEWEST_WORDS:
        raise InputError(
            f"Only {len(words) - 2} words occur {at_least} times in these texts, so there is nothing to read. Lower "
            f"the "
            "number of times from which on a word is known."
        )
    return words


@remembered(8)
def _cut(name: str, at_least: int, _data: LabelledTexts) -> tuple[str, ...]:
    return WordVocabulary.of(_data.train, at_least).words


def cost(spec: ModelSpec, training: TrainSpec, data: LabelledTexts) -> str:
    """Parameters, memory and expected time, before anything starts; why a run may not need so much, if so."""
    parameters = sum(math.prod(shape) for shape in shapes(spec).values())
    said = f"**{parameters:,} parameters**, {total_steps(data, training):,} steps, {len(spec.words or ()):,} words"
    return say_cost(said, spec, training, data)
