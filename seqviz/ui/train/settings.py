"""The settings of a run, and what it will cost."""

import pandas as pd
import streamlit as st

from seqviz.networks.build import parameter_counts
from seqviz.palette import CELL_NAMES, HEAD_NAMES
from seqviz.specs import CELLS, CLASSIFIER_HEADS, NONLINEARITIES, SCHEDULES, ModelSpec, TrainSpec
from seqviz.training.devices import available_devices, pick_device
from seqviz.training.recipes import default_recipe
from seqviz.ui.shell import caches
from seqviz.ui.shell.url import choose, pick, switch, whole

RATES = ("0.0001", "0.0003", "0.001", "0.002", "0.004", "0.008", "0.01", "0.02", "0.05", "0.1", "1", "10")
CLIPS = ("1", "0.1", "5", "off")
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
    with st.container(horizontal=True, vertical_alignment="bottom"):
        cell = pick("Cell", CELLS, "cell", names=CELL_NAMES.__getitem__, default=model.encoder.cell)
        head = pick("Head reads", CLASSIFIER_HEADS, "head", names=HEAD_NAMES.__getitem__, default=model.head.kind)
        units = whole("Units", 1, 512, model.encoder.hidden_size, "units", width=130)
        epochs = whole("Epochs", 1, 200, training.epochs, "epochs", width=130)
    with st.expander("More settings"), st.container(horizontal=True, vertical_alignment="bottom"):
        nonlinearity = choose("Nonlinearity", NONLINEARITIES, "nonlinearity", width=140) if cell == "rnn" else "tanh"
        layers = whole("Layers", 1, 4, model.encoder.num_layers, "layers", width=130)
        batch = whole("Batch size", 1, 1024, training.batch_size, "batch", width=130)
        rate = choose("Learning rate", RATES, "rate", default=f"{training.learning_rate:g}", width=140)
        schedule = choose("Schedule", SCHEDULES, "schedule", default=training.schedule, width=150)
        clip = choose("Clip gradient norm at", CLIPS, "clip", width=170)
        device = choose("Device", ("auto", *available_devices()), "device", width=120)
        both = switch("Both directions", "bidirectional")
        seed = whole("Seed", 0, 10**6, training.seed, "seed", width=130)
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


def cost(spec: ModelSpec, run: TrainSpec, data: str) -> None:
    """Parameters and expected time, before anything starts."""
    counts = parameter_counts(spec)
    seconds = caches.seconds_for(spec, run, caches.dataset(data))
    with st.container(horizontal=True, vertical_alignment="center"):
        device = pick_device(run.device).type
        text = f"**{counts.total:,} parameters**, about **{max(1, seconds):.0f} s** on this machine ({device})."
        st.markdown(text, width="content")
        with st.popover("By layer and gate"):
            rows = [(g.layer + 1, g.gate, g.input_weights, g.hidden_weights, g.biases) for g in counts.gates]
            frame = pd.DataFrame(rows, columns=["layer", "gate", "from input", "from hidden", "biases"])
            st.dataframe(frame, hide_index=True)
            st.caption(f"and {counts.head:,} in the head")
