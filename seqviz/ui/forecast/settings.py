"""What a network is to forecast, how, and what that will cost."""

import math
from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from seqviz.data.names import SERIES
from seqviz.data.series import Series
from seqviz.data.windows import Windows
from seqviz.networks.build import shapes
from seqviz.palette import CELL_NAMES
from seqviz.specs import CELLS, ModelSpec, Scaling, TrainSpec
from seqviz.training.loop import total_steps
from seqviz.training.recipes import series_recipe, series_windows
from seqviz.ui.forecast.own_series import choose_own_series
from seqviz.ui.shell import caches
from seqviz.ui.shell.cost import say_cost
from seqviz.ui.shell.parameters import options_of
from seqviz.ui.shell.url import choose, forget, pick, whole

OWN = "own"
NAMES = {
    "co2": "CO₂, weekly",
    "sunspots": "Sunspots, yearly",
    "nile": "The Nile, yearly",
    "macro": "US unemployment, quarterly",
    "sine": "A sine",
    "sines": "Two sines with noise",
    "chirp": "A chirp",
    "mackey-glass": "Mackey–Glass (chaos)",
    "random-walk": "A random walk",
    "prices": "Invented prices",
    OWN: "A series of your own",
}
WAYS = {"direct": "All steps at once", "recursive": "One step, fed back"}
ANSWERS = {"quantiles": "With intervals", "points": "Points alone"}
SCALING_NAMES: dict[Scaling, str] = {"change": "Changes", "level": "Levels"}
SETTINGS = (
    "window",
    "horizon",
    "series_cell",
    "series_way",
    "series_answer",
    "series_scaling",
    "series_units",
    "series_epochs",
    "series_batch",
    "series_rate",
)


def choose_series(learned: str = "") -> Series | None:
    """A series that ships, or one's own, at first the one of this name; None while that is to be brought.

    Raises:
        SeqVizError: it cannot be read.
    """
    name = choose("Series", (*SERIES, OWN), "series", names=NAMES, resets=SETTINGS)
    if name != OWN:
        return caches.series(name)
    series = choose_own_series(learned)
    if series is not None:
        if st.session_state.get("own series settings") not in (None, series.name):
            forget(SETTINGS)
        st.session_state["own series settings"] = series.name
    return series


def settings(series: Series) -> tuple[ModelSpec, TrainSpec, Windows]:
    """What to train and how; opens with a recipe that takes twenty seconds at most on two cores."""
    spec, training = series_recipe(series)
    usual = series_windows(series)
    cell = pick("Cell", CELLS, "series_cell", names=CELL_NAMES, default=spec.cell)
    ways: Sequence[str] = tuple(WAYS) if series.others is None else ("direct",)
    way = choose("It answers", ways, "series_way", names=WAYS, default="recursive" if spec.recursive else "direct")
    answer = choose("And says", tuple(ANSWERS), "series_answer", names=ANSWERS)
    with st.expander("More settings"):
        most = max(2, min(4096, series.ends[0] // 2))
        window = whole("Values that it reads", "window", high=most, default=usual.window, width=170)
        room = max(1, min(500, len(series) - series.ends[1], series.ends[1] - series.ends[0]))
        horizon = usual.horizon
        if way == "direct":
            horizon = whole("Steps ahead", "horizon", high=room, default=usual.horizon, width=170)
        scalings: tuple[Scaling, ...] = ("change", "level")
        scaling = pick("It reads", scalings, "series_scaling", names=SCALING_NAMES, default=usual.scaling)
        units = whole("Units", "series_units", default=spec.encoder.hidden_size, width=130)
        epochs = whole("Epochs", "series_epochs", default=training.epochs, width=130)
        batch = whole("Batch size", "series_batch", default=training.batch_size, width=130)
        rate = choose(
            "Learning rate",
            options_of("series_rate"),
            "series_rate",
            default=f"{training.learning_rate:g}",
            width=140,
        )
        patience = whole(
            "Patience (0: none)",
            "series_patience",
            help="The run ends once the loss on the second part has not fallen so many times in a row.",
            width=130,
        )
        seed = whole("Seed", "series_seed", width=130)
    recursive = way == "recursive"
    spec = ModelSpec.forecaster(
        cell,
        units,
        window=window,
        horizon=horizon,
        columns=1 if series.others is None else 1 + series.others.shape[1],
        scaling=scaling,
        recursive=recursive,
        quantiles=answer == "quantiles",
    )
    windows = usual.for_network(spec)
    run = replace(training, epochs=epochs, batch_size=batch, learning_rate=float(rate), patience=patience, seed=seed)
    every = max(1, total_steps(windows, run) // 12)
    return spec, replace(run, eval_every=every, snapshot_every=every), windows


def cost(spec: ModelSpec, training: TrainSpec, windows: Windows) -> str:
    """Parameters, memory and expected time, before anything starts; why a run may not need so much, if so."""
    parameters = sum(math.prod(shape) for shape in shapes(spec).values())
    steps = total_steps(windows, training)
    return say_cost(f"**{parameters:,} parameters**, {steps:,} steps", spec, training, windows)
