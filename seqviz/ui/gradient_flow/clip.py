"""Exploding and clipping: three small runs: one diverges, clipping saves one, and cannot save the last."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from seqviz import snippets
from seqviz.data.transforms import BlankRows
from seqviz.figures.gradients import clipping_figure
from seqviz.instruments.gradients import gradient_flow
from seqviz.networks.build import build_model
from seqviz.networks.modifications import Modifications, with_modifications
from seqviz.palette import CELL_COLOURS
from seqviz.specs import ModelSpec, Nonlinearity, TrainSpec
from seqviz.training.devices import training_threads
from seqviz.training.events import StepCompleted
from seqviz.training.loop import train
from seqviz.training.summary import RunSummary
from seqviz.ui.shell import caches
from seqviz.ui.shell.frame import code, mode
from seqviz.ui.shell.url import slide

RADII = ("1.5", "1.6", "1.8", "2", "2.5")
RATES = ("0.05", "0.1", "0.2", "0.3")
LIMITS = ("0.5", "1", "2", "5")
DELAYS = ("10", "20", "40", "80")
HIDDEN, EPOCHS, BATCH, FADING = 32, 3, 32, 0.5


@dataclass(frozen=True)
class ClippedRun:
    """A run: the gradient's norm at each step, how it ended, and what of it reaches the digit's last row."""

    norms: tuple[float, ...]
    accuracy: float | None
    reason: str
    diverged: bool
    arrives: float


@st.cache_data(show_spinner="Training a small network …", max_entries=128)
def _train(nonlinearity: Nonlinearity, radius: float, rate: float, clip: float | None, blank: int) -> ClippedRun:
    spec = ModelSpec.classifier("rnn", HIDDEN, nonlinearity=nonlinearity)
    model = with_modifications(build_model(spec), Modifications(spectral_radius=radius))
    data = caches.dataset("digits").transformed(BlankRows(blank))
    training = TrainSpec(EPOCHS, BATCH, rate, clip=clip, optimizer="sgd")
    run = RunSummary(data, training)
    with training_threads():
        events = run.follow(train(model, data, training))
        norms = tuple(event.gradient_norm for event in events if isinstance(event, StepCompleted))
    course = gradient_flow(model, data.test[:16]).layers[0].norms.mean(dim=0)
    diverged = run.status == "diverged"
    return ClippedRun(norms, run.metrics.get("accuracy"), run.reason, diverged, float(course[27] / course[-1]))


def clip() -> None:
    """The same exploding network with and without clipping, and a fading one that clipping cannot help."""
    st.markdown(
        "Three plain RNNs with 32 units learn the embedded digits by SGD. Clipping scales a gradient that is longer "
        "than the limit down to it: it can shorten, never lengthen."
    )
    st.latex(r"g \leftarrow g \cdot \min(1, \text{limit} / \lVert g \rVert)")
    with st.container(horizontal=True):
        radius = float(slide("Spectral radius of the exploding RNN", RADII, "explode", default="1.6", width=260))
        rate = float(slide("Learning rate", RATES, "sgd_rate", default="0.1", width=200))
        limit = float(slide("Clip at", LIMITS, "limit", default="1", width=200))
        blank = int(slide("Blank rows for the fading RNN", DELAYS, "delay", default="40", width=240))
    runs = (
        (f"Exploding (ReLU, ρ = {radius:g}), not clipped", None, _train("relu", radius, rate, None, 0)),
        ("The same, clipped", limit, _train("relu", radius, rate, limit, 0)),
        (f"Fading (tanh, ρ = {FADING:g}), clipped", limit, _train("tanh", FADING, rate, limit, blank)),
    )
    for column, (title, clipped, run) in zip(st.columns(3), runs, strict=True):
        with column:
            figure = clipping_figure(run.norms, clipped, title, CELL_COLOURS["rnn"], mode())
            st.plotly_chart(figure, key=title, theme=None)
            st.markdown(_says(run, clipped, blank if "Fading" in title else 0))
    free = _train("tanh", FADING, rate, None, blank)
    if free.accuracy is not None:
        st.caption(
            f"The fading network without clipping: {free.accuracy:.0%}. What its gradient norm shows comes from the "
            "head and the blank rows; of what the digit's rows should learn from, next to nothing arrives."
        )
    numbers = pd.DataFrame({title: pd.Series(run.norms) for title, _, run in runs})
    st.download_button("Numbers (CSV)", lambda: numbers.to_csv(), "seqviz-clipping.csv", on_click="ignore")
    code(snippets.clipping(radius, rate, limit, EPOCHS, BATCH, HIDDEN), "The clipped run, as a plain loop.")


def _says(run: ClippedRun, limit: float | None, blank: int) -> str:
    if run.diverged:
        return f"**It broke off.** {run.reason}"
    assert run.accuracy is not None
    scaled = sum(norm > limit for norm in run.norms) if limit is not None else 0
    acted = f"Clipping acted at {scaled} of {len(run.norms)} steps. " if limit is not None else ""
    faded = f"Across the {blank} blank rows {run.arrives:.1g} of the gradient is left. " if blank else ""
    return f"**{run.accuracy:.0%} of the test digits.** {acted}{faded}"
