"""The settings of a run, and what it will cost."""

import pandas as pd
import streamlit as st

from seqviz.networks.build import parameter_counts
from seqviz.palette import CELL_NAMES, HEAD_NAMES
from seqviz.specs import CELLS, CLASSIFIER_HEADS, NONLINEARITIES, SCHEDULES, ModelSpec, TrainSpec
from seqviz.training.devices import available_devices
from seqviz.training.recipes import default_recipe
from seqviz.ui.shell import caches
from seqviz.ui.shell.cost import say_cost
from seqviz.ui.shell.parameters import options_of
from seqviz.ui.shell.url import choose, pick, switch, whole

RECIPE = (
    "cell",
    "nonlinearity",
    "head",
    "units",
    "layers",
    "epochs",
    "batch",
    "rate",
    "schedule",
    "clip",
    "device",
    "bidirectional",
    "seed",
)


def settings(data: str) -> tuple[ModelSpec, TrainSpec]:
    """What to train, and how; opens with a recipe that works on this data."""
    model, training = default_recipe(data)
    cell = pick("Cell", CELLS, "cell", names=CELL_NAMES, default=model.encoder.cell)
    head = choose("Head reads", CLASSIFIER_HEADS, "head", names=HEAD_NAMES, default=model.head.kind)
    units = whole("Units", "units", default=model.encoder.hidden_size, width=130)
    epochs = whole("Epochs", "epochs", default=training.epochs, width=130)
    with st.expander("More settings"):
        nonlinearity = choose("Nonlinearity", NONLINEARITIES, "nonlinearity", width=140) if cell == "rnn" else "tanh"
        layers = whole("Layers", "layers", default=model.encoder.num_layers, width=130)
        batch = whole("Batch size", "batch", default=training.batch_size, width=130)
        rate = choose("Learning rate", options_of("rate"), "rate", default=f"{training.learning_rate:g}", width=140)
        schedule = choose("Schedule", SCHEDULES, "schedule", default=training.schedule, width=150)
        clip = choose("Clip gradient norm at", options_of("clip"), "clip", width=170)
        device = choose("Device", ("auto", *available_devices()), "device", width=120)
        both = switch("Both directions", "bidirectional")
        seed = whole("Seed", "seed", default=training.seed, width=130)
    spec = ModelSpec.classifier(
        cell=cell, head=head, hidden_size=units, num_layers=layers, nonlinearity=nonlinearity, bidirectional=both
    )
    run = TrainSpec(
        epochs=epochs,
        batch_size=batch,
        learning_rate=float(rate),
        schedule=schedule,
        clip=None if clip == "off" else float(clip),
        seed=seed,
        device=device,
        snapshot_every=training.snapshot_every,
    )
    return spec, run


def cost(spec: ModelSpec, run: TrainSpec, data: str) -> str:
    """Parameters, memory and expected time, before anything starts; why a run may not need so much, if so."""
    counts = parameter_counts(spec)
    refused = say_cost(f"**{counts.total:,} parameters**", spec, run, caches.dataset(data))
    with st.popover("By layer and gate"):
        rows = [(g.layer + 1, g.gate, g.input_weights, g.hidden_weights, g.biases) for g in counts.gates]
        frame = pd.DataFrame(rows, columns=["layer", "gate", "from input", "from hidden", "biases"])
        st.table(frame.set_index("layer"))
        st.caption(f"and {counts.head:,} in the head")
    return refused
