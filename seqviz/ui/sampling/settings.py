"""What a character model is to learn from, how, and what it will cost."""

import math
from dataclasses import replace

import streamlit as st

from seqviz.data.text import TextData, available_texts
from seqviz.errors import SeqVizError
from seqviz.networks.build import shapes
from seqviz.palette import CELL_NAMES
from seqviz.specs import CELLS, ModelSpec, TrainSpec
from seqviz.training.loop import total_steps
from seqviz.training.recipes import evaluated_often, text_recipe
from seqviz.ui.sampling import own_texts
from seqviz.ui.shell import texts
from seqviz.ui.shell.cost import say_cost
from seqviz.ui.shell.frame import show_error
from seqviz.ui.shell.kept_texts import for_whom
from seqviz.ui.shell.parameters import options_of
from seqviz.ui.shell.url import choose, forget, pick, switch, whole

SETTINGS = (
    "text_cell",
    "text_units",
    "text_layers",
    "tied",
    "text_epochs",
    "text_batch",
    "truncate",
    "text_rate",
    "text_seed",
)


def choose_text() -> TextData | None:
    """Which text; None while an own one is still to be brought."""
    there = [*available_texts(), "own"]
    source = pick("Learn from", there, "learn_from", names=texts.NAMES, resets=SETTINGS)
    texts.download_shakespeare()
    if source != "own":
        return texts.text(source)
    try:
        data = own_texts.choose_own_text()
    except SeqVizError as error:
        show_error(error)
        return None
    if data is None:
        return None
    if st.session_state.get("own text settings") not in (None, data.name):
        forget(SETTINGS)  # the recipe for another length
    st.session_state["own text settings"] = data.name
    st.caption(
        f"{len(data.train):,} characters to learn from, {len(data.test):,} held out, {len(data.vocabulary)} distinct. "
        f"When training starts it is kept on this server, {for_whom()}."
    )
    return data


def settings(data: TextData) -> tuple[ModelSpec, TrainSpec]:
    """What to train and how; opens with a recipe that writes words within a minute."""
    spec, training = text_recipe(data)
    cell = pick("Cell", CELLS, "text_cell", names=CELL_NAMES, default=spec.encoder.cell)
    epochs = whole("Epochs", "text_epochs", default=training.epochs, width=130)
    with st.expander("More settings"):
        units = whole("Units", "text_units", default=spec.encoder.hidden_size, width=130)
        layers = whole("Layers", "text_layers", width=130)
        tied = switch("Tied weights", "tied")
        batch = whole("Streams", "text_batch", default=training.batch_size, width=130)
        further = "The gradient goes no further."
        time = whole("Characters a step", "truncate", default=training.truncate, width=140, help=further)
        recommended = f"{training.learning_rate:g}"
        rate = choose("Learning rate", options_of("text_rate"), "text_rate", default=recommended, width=140)
        seed = whole("Seed", "text_seed", width=130)
    model = ModelSpec.language_model(
        data.vocabulary.characters,
        cell=cell,
        embedding_size=units if tied else spec.input.size,
        hidden_size=units,
        num_layers=layers,
        tied=tied,
    )
    run = replace(
        training, epochs=epochs, batch_size=batch, learning_rate=float(rate), seed=seed, truncate=time, eval_every=0
    )
    return model, evaluated_often(data, run)


def cost(spec: ModelSpec, training: TrainSpec, data: TextData) -> str:
    """Parameters, memory and expected time, before anything starts; why a run may not need so much, if so."""
    steps = total_steps(data, training)
    return say_cost(f"**{_parameters(spec):,} parameters**, {steps:,} steps", spec, training, data)


def _parameters(spec: ModelSpec) -> int:
    """Trainable numbers; tied weights count once."""
    return sum(
        math.prod(shape) for name, shape in shapes(spec).items() if not (spec.head.tied and name == "head.weight")
    )
