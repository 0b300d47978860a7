"""Train: a network learns to read digits while you watch."""

import pandas as pd
import streamlit as st

from seqviz.networks import parameter_counts
from seqviz.palette import CELL_NAMES
from seqviz.specs import CELLS, HEADS, ModelSpec, TrainSpec
from seqviz.training import default_recipe, there
from seqviz.ui import caches, runs, snippets
from seqviz.ui import training as live
from seqviz.ui.choices import SOURCES, choose_data
from seqviz.ui.frame import closing, code, opening, plain_errors
from seqviz.ui.state import choose, from_text, pick, switch, to_link, whole

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
        cell = pick("Cell", CELLS, "cell", names=CELL_NAMES.__getitem__, default=model.cell)
        head = pick(
            "Head reads",
            HEADS,
            "head",
            names={"last": "last row", "concat": "all rows"}.__getitem__,
            default=model.head,
        )
        units = whole("Units", 1, 512, model.hidden_size, "units", width=130)
        epochs = whole("Epochs", 1, 200, training.epochs, "epochs", width=130)
    with st.expander("More settings"), st.container(horizontal=True, vertical_alignment="bottom"):
        nonlinearity = choose("Nonlinearity", ("tanh", "relu"), "nonlinearity", width=140) if cell == "rnn" else "tanh"
        layers = whole("Layers", 1, 4, model.num_layers, "layers", width=130)
        batch = whole("Batch size", 1, 1024, training.batch_size, "batch", width=130)
        rate = choose("Learning rate", RATES, "rate", default=f"{training.learning_rate:g}", width=140)
        schedule = choose("Schedule", ("one-cycle", "constant"), "schedule", default=training.schedule, width=150)
        clip = choose("Clip gradient norm at", CLIPS, "clip", width=170)
        device = choose("Device", ("auto", *there()), "device", width=120)
        both = switch("Both directions", "bidirectional")
        seed = whole("Seed", 0, 10**6, training.seed, "seed", width=130)
    spec = ModelSpec(
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
    seconds = caches.seconds_for(spec, run, len(caches.dataset(data).train))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{counts.total:,} parameters**, about **{max(1, seconds):.0f} s** on this machine.", width="content"
        )
        with st.popover("By layer and gate"):
            rows = [(g.layer + 1, g.gate, g.input_weights, g.hidden_weights, g.biases) for g in counts.gates]
            frame = pd.DataFrame(rows, columns=["layer", "gate", "from input", "from hidden", "biases"])
            st.dataframe(frame, hide_index=True)
            st.caption(f"and {counts.head:,} in the head")


def begin(spec: ModelSpec, run: TrainSpec, data: str) -> None:
    with plain_errors():
        st.session_state["run"] = runs.start(spec, run, data)


def watch(run: str, interval: float | None) -> None:
    """One look at the run; the page looks again every `interval` seconds, as long as the run's state asks for it."""
    with plain_errors():
        view = runs.view(run)
        live.controls(view)
        live.status(view)
        live.curves(view, runs.earlier()[0])
        live.probe(view)
        if live.interval(view) != interval:
            st.rerun()


def findings(run: str) -> None:
    """What the last evaluation found; figures that stand still, so the page looks less often."""
    with plain_errors():
        view = runs.view(run)
        if view.evaluation is not None:
            live.findings(view.evaluation, caches.dataset(view.dataset).test.sequences)


opening(
    "Train",
    "A recurrent network learns to read digits while you watch: its loss falls, its answers settle, and you can "
    "pause it, take single steps, or stop it at any time.",
)
with plain_errors():
    data = choose_data(resets=RECIPE)
    spec, training = settings(data)
    cost(spec, training, data)
    run = st.session_state.get("run") or from_text("run") or runs.EXAMPLE
    to_link("run", None if run == runs.EXAMPLE else run)
    with st.container(horizontal=True):
        st.button("Start training", icon=":material/play_arrow:", on_click=begin, args=(spec, training, data))
        shown = runs.view(run)
        st.button(
            "Restart with the same seed",
            icon=":material/replay:",
            on_click=begin,
            args=(shown.model, shown.training, shown.dataset),
            disabled=run == runs.EXAMPLE or not shown.ended,
            help="The same settings and seed as the run below: the same curve, step for step.",
        )
    if run == runs.EXAMPLE:
        st.caption(
            f"Below: a finished example run on {SOURCES['digits'].lower()}. Start your own and it takes its place."
        )
    interval = live.interval(shown)
    st.fragment(watch, run_every=interval)(run, interval)
    st.fragment(findings, run_every=interval and 3.0)(run)

    live.download(shown)
    code(
        snippets.training(shown.model, shown.training, shown.dataset),
        "The run above as a plain PyTorch loop: the same losses.",
    )
earlier, complaints = runs.earlier()
if earlier:
    st.header("Earlier runs", anchor=False)
    live.table(earlier)
for complaint in complaints:
    st.text(complaint)
closing(
    [
        "The gradient norm is large while the network learns something new, and small when it has settled.",
        "Batch accuracy jumps about because a batch is small; the test set's dots are steadier.",
        "The memory of the fixed digit changes most in the first few hundred steps.",
    ],
    "Choose the RNN with ReLU, switch clipping off and raise the learning rate until the run diverges. "
    "Which curve warns you first?",
)
