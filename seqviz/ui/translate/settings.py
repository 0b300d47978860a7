"""What a network that writes or tags is to learn, how, and what that will cost."""

import math
from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from seqviz.data.captions import Captions
from seqviz.data.dates import LOCALES
from seqviz.data.names import TASKS
from seqviz.data.numbers import LANGUAGES
from seqviz.data.pairs import Pairs
from seqviz.data.tags import Tagged
from seqviz.data.tasks import Task
from seqviz.errors import InputError
from seqviz.networks.build import shapes
from seqviz.palette import CELL_NAMES
from seqviz.specs import ATTENTIONS, CELLS, Attention, EncoderDecoderSpec, LearnedSpec, ModelSpec, TrainSpec
from seqviz.training.loop import total_steps
from seqviz.training.recipes import captions_recipe, pairs_recipe, tags_recipe
from seqviz.ui.shell import caches
from seqviz.ui.shell.cost import say_cost
from seqviz.ui.shell.parameters import options_of
from seqviz.ui.shell.url import choose, forget, pick, switch, whole
from seqviz.ui.translate.own_pairs import choose_own_pairs

OWN = "own"
TASK_NAMES = {
    "numbers": "Numbers into another language",
    "dates": "Dates into the form 2026-11-27",
    "captions": "A digit into a sentence",
    "captions-two": "Two digits into a sentence",
    "tags": "Tags on a program's characters",
    OWN: "Pairs of your own",
}
ATTENTION_CHOICES: dict[Attention, str] = {"none": "None", "dot": "Dot product", "additive": "Additive"}
SIZES = ("task_units", "task_epochs", "task_batch", "task_rate")
SETTINGS = (*SIZES, "task_cell", "task_attention", "task_both", "taught_share", "task_seed")


def choose_task(learned: str) -> Task | None:
    """What is to be learned, pairs of one's own at first those that a run has `learned`; None while they are to be
    brought.

    Raises:
        SeqVizError: it cannot be learned from.
    """
    task = choose("Learn", (*TASKS, OWN), "learned_task", names=TASK_NAMES, resets=SETTINGS)
    if task == OWN:
        pairs = choose_own_pairs(learned)
        if pairs is not None:
            _fall_back("own pairs settings", pairs.name, SETTINGS)
        return pairs
    name = task
    if task == "numbers":
        languages = sorted(LANGUAGES, key=LANGUAGES.__getitem__)
        source = choose("From", languages, "language_from", names=LANGUAGES)
        target = choose("To", languages, "language_to", names=LANGUAGES)
        if source == target:
            raise InputError(f"Both languages are {LANGUAGES[source]}. Choose another one to read or to write.")
        name = f"numbers-{source}-{target}"
    elif task == "dates":
        name = f"dates-{choose('Language', sorted(LOCALES, key=LOCALES.__getitem__), 'date_locale', names=LOCALES)}"
    with st.spinner("Making what it learns from …"):
        return caches.task_data(name)


def settings(data: Task) -> tuple[LearnedSpec, TrainSpec]:
    """What to train and how; opens with a recipe that works on such data in about a minute."""
    if isinstance(data, Tagged):
        return _tagging(data)
    spec, training = pairs_recipe(data) if isinstance(data, Pairs) else captions_recipe(data)
    cell = pick("Cell", CELLS, "task_cell", names=CELL_NAMES, default=spec.cell)
    usual = spec.decoder.attention
    attention = pick("Attention", ATTENTIONS, "task_attention", names=ATTENTION_CHOICES, default=usual)
    with st.expander("More settings"):
        units = whole("Units of the decoder", "task_units", default=spec.decoder.hidden_size, width=150)
        training = _training(training)
        shares = options_of("taught_share")
        share = choose("Right words read in the end", shares, "taught_share", names=_percent, width=220)
        training = replace(_seeded(training), teacher_forcing=float(share))
    if isinstance(data, Captions):
        return EncoderDecoderSpec.captioner(data.target.vocabulary, cell, units, attention=attention), training
    vocabularies = data.source.vocabulary, data.target.vocabulary
    return EncoderDecoderSpec.translator(*vocabularies, cell, units, attention=attention), training


def _tagging(data: Tagged) -> tuple[ModelSpec, TrainSpec]:
    both = switch("Both directions", "task_both")
    _fall_back("tagged in both directions", both, SIZES)
    spec, training = tags_recipe(data, bidirectional=both)
    cell = pick("Cell", CELLS, "task_cell", names=CELL_NAMES, default=spec.cell)
    with st.expander("More settings"):
        units = whole("Units in each direction", "task_units", default=spec.encoder.hidden_size, width=150)
        training = _seeded(_training(training))
    return replace(spec, encoder=replace(spec.encoder, cell=cell, hidden_size=units)), training


def _training(recipe: TrainSpec) -> TrainSpec:
    epochs = whole("Epochs", "task_epochs", default=recipe.epochs, width=130)
    batch = whole("Batch size", "task_batch", default=recipe.batch_size, width=130)
    rates = options_of("task_rate")
    rate = choose("Learning rate", rates, "task_rate", default=f"{recipe.learning_rate:g}", width=140)
    return replace(recipe, epochs=epochs, batch_size=batch, learning_rate=float(rate))


def _seeded(training: TrainSpec) -> TrainSpec:
    return replace(training, seed=whole("Seed", "task_seed", width=130))


def cost(spec: LearnedSpec, training: TrainSpec, data: Task) -> str:
    """Parameters, memory and expected time, before anything starts; why a run may not need so much, if so."""
    parameters = sum(math.prod(shape) for shape in shapes(spec).values())
    return say_cost(f"**{parameters:,} parameters**, {total_steps(data, training):,} steps", spec, training, data)


def _fall_back(key: str, value: object, names: Sequence[str]) -> None:
    """Settings take the recipe's values once what the recipe is for has become another."""
    if st.session_state.get(key) not in (None, value):
        forget(names)
    st.session_state[key] = value


def _percent(share: str) -> str:
    return f"{float(share):.0%}"
