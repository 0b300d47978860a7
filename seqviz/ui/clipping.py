"""Exploding and clipping: three small runs: one diverges, clipping saves one, and cannot save the last."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st
from torch.nn import functional as F

from seqviz.data.transforms import BlankRows
from seqviz.figures.gradients import clipping_figure
from seqviz.instruments.gradients import gradient_flow
from seqviz.networks.build import build_model
from seqviz.networks.levers import Levers, pulled
from seqviz.palette import CELL_COLOURS
from seqviz.specs import ModelSpec, Nonlinearity, TrainSpec
from seqviz.training.devices import training_threads
from seqviz.training.events import EvalCompleted, RunEnded, StepCompleted
from seqviz.training.loop import train
from seqviz.ui import caches, snippets
from seqviz.ui.frame import code, mode
from seqviz.ui.state import slide

RADII = ("1.5", "1.6", "1.8", "2", "2.5")
RATES = ("0.05", "0.1", "0.2", "0.3")
LIMITS = ("0.5", "1", "2", "5")
DELAYS = ("10", "20", "40", "80")
HIDDEN, EPOCHS, BATCH, FADING = 32, 3, 32, 0.5


@dataclass(frozen=True)
class Told:
    """A run: the gradient's norm at each step, how it ended, and what of it reaches the digit's last row."""

    norms: tuple[float, ...]
    accuracy: float | None
    reason: str
    diverged: bool
    arrives: float


@st.cache_data(show_spinner="Training a small network …", max_entries=128)
def _told(nonlinearity: Nonlinearity, radius: float, rate: float, clip: float | None, blank: int) -> Told:
    spec = ModelSpec(cell="rnn", hidden_size=HIDDEN, nonlinearity=nonlinearity, sequence_length=28 + blank)
    model = pulled(build_model(spec), Levers(spectral_radius=radius))
    data = caches.dataset("digits").transformed(BlankRows(blank))
    training = TrainSpec(EPOCHS, BATCH, rate, clip=clip, optimizer="sgd")
    norms, accuracy, reason, diverged = [], None, "", False
    with training_threads():
        for event in train(model, data, training):
            match event:
                case StepCompleted():
                    norms.append(event.gradient_norm)
                case EvalCompleted():
                    accuracy = event.evaluation.accuracy
                case RunEnded():
                    reason, diverged = event.reason, event.outcome == "diverged"
    flow = gradient_flow(model, data.test.sequences[:16], data.test.labels[:16], F.cross_entropy)
    course = flow.layers[0].norms.mean(dim=0)
    return Told(tuple(norms), accuracy, reason, diverged, float(course[27] / course[-1]))


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
        (f"Exploding (ReLU, ρ = {radius:g}), not clipped", None, _told("relu", radius, rate, None, 0)),
        ("The same, clipped", limit, _told("relu", radius, rate, limit, 0)),
        (f"Fading (tanh, ρ = {FADING:g}), clipped", limit, _told("tanh", FADING, rate, limit, blank)),
    )
    for column, (title, clipped, told) in zip(st.columns(3), runs, strict=True):
        with column:
            figure = clipping_figure(told.norms, clipped, title, CELL_COLOURS["rnn"], mode())
            st.plotly_chart(figure, key=title, theme=None)
            st.markdown(_says(told, clipped, blank if "Fading" in title else 0))
    free = _told("tanh", FADING, rate, None, blank)
    if free.accuracy is not None:
        st.caption(
            f"The fading network without clipping: {free.accuracy:.0%}. What its gradient norm shows comes from the "
            "head and the blank rows; of what the digit's rows should learn from, next to nothing arrives."
        )
    numbers = pd.DataFrame({title: pd.Series(told.norms) for title, _, told in runs})
    st.download_button("Numbers (CSV)", lambda: numbers.to_csv(), "seqviz-clipping.csv", on_click="ignore")
    code(snippets.clipping(radius, rate, limit, EPOCHS, BATCH, HIDDEN), "The clipped run, as a plain loop.")


def _says(told: Told, limit: float | None, blank: int) -> str:
    if told.diverged:
        return f"**It broke off.** {told.reason}"
    assert told.accuracy is not None
    scaled = sum(norm > limit for norm in told.norms) if limit is not None else 0
    acted = f"Clipping acted at {scaled} of {len(told.norms)} steps. " if limit is not None else ""
    faded = f"Across the {blank} blank rows {told.arrives:.1g} of the gradient is left. " if blank else ""
    return f"**{told.accuracy:.0%} of the test digits.** {acted}{faded}"
