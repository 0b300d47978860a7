"""Exploding and clipping: three small runs: one diverges, clipping saves one, and cannot save the last."""

import math
from functools import partial

import pandas as pd
import streamlit as st

from seqviz import snippets
from seqviz.experiments.clipping import (
    BATCH,
    EPOCHS,
    FADING,
    HIDDEN,
    ClippedRun,
    ClippedRuns,
    Clipping,
    train_with_and_without_clipping,
)
from seqviz.figures.gradients import clipping_figure
from seqviz.palette import CELL_COLOURS
from seqviz.timelines.wording import amount, compared
from seqviz.ui.shell.background import in_background
from seqviz.ui.shell.frame import code, mode
from seqviz.ui.shell.stage import View, result
from seqviz.ui.shell.url import slide

TITLE = "Clipping"


def _choose() -> Clipping:
    radius = float(slide("Spectral radius of the exploding RNN", "explode", width=260))
    limit = float(slide("Clip at", "limit", width=200))
    blank = int(slide("Blank rows for the fading RNN", "delay", width=240))
    rate = float(slide("Learning rate", "sgd_rate", width=200))
    return Clipping(radius, rate, limit, blank)


def _clip(chosen: Clipping) -> None:
    """The same exploding network with and without clipping, and a fading one that clipping cannot help."""
    work, draw = partial(train_with_and_without_clipping, chosen), partial(_draw, chosen)
    in_background(f"{TITLE} {chosen}", TITLE, "Train the four networks", work, draw, once=True, begins=True)
    st.markdown(
        "Three plain RNNs with 32 units learn the embedded digits by SGD. Clipping scales a gradient that is longer "
        "than the limit down to it: it can shorten, never lengthen."
    )
    st.latex(r"g \leftarrow g \cdot \min(1, \text{limit} / \lVert g \rVert)")
    program = snippets.clipping(chosen.radius, chosen.rate, chosen.limit, EPOCHS, BATCH, HIDDEN)
    code(program, "The clipped run, as a plain loop.")


def _draw(chosen: Clipping, found: ClippedRuns) -> None:
    """How the runs ended, and the gradient's norm on the way."""
    result(_sentence(chosen, found))
    runs = (
        (f"Exploding (ReLU, ρ = {chosen.radius:g}), not clipped", None, found.exploding),
        ("The same, clipped", chosen.limit, found.clipped),
        (f"Fading (tanh, ρ = {FADING:g}), clipped", chosen.limit, found.fading),
    )
    for column, (title, clipped, run) in zip(st.columns(3), runs, strict=True):
        with column:
            figure = clipping_figure(run.norms, clipped, title, CELL_COLOURS["rnn"], mode())
            st.plotly_chart(figure, key=title, theme=None)
            st.markdown(_says(run, clipped, chosen.blank if "Fading" in title else 0))
    if found.free.accuracy is not None:
        st.caption(
            f"The fading network without clipping: {found.free.accuracy:.0%}. What its gradient norm shows comes from "
            "the head and the blank rows; of what the digit's rows should learn from, next to nothing arrives."
        )
    numbers = pd.DataFrame({title: pd.Series(run.norms) for title, _, run in runs})
    st.download_button("Numbers (CSV)", lambda: numbers.to_csv(), "seqviz-clipping.csv", on_click="ignore")


def _sentence(chosen: Clipping, found: ClippedRuns) -> str:
    ends = (found.exploding, found.clipped, found.fading)
    free, clipped, fading = (
        f"breaks off after {len(run.norms)} steps" if run.accuracy is None else f"reaches {run.accuracy:.0%}"
        for run in ends
    )
    return (
        f"Not clipped, the exploding network **{free}**; clipped at {chosen.limit:g} it **{clipped}**. The fading one "
        f"**{fading}**, clipped as well."
    )


def _says(run: ClippedRun, limit: float | None, blank: int) -> str:
    if run.diverged or run.accuracy is None:
        largest = max((norm for norm in run.norms if math.isfinite(norm)), default=0.0)
        return (
            f"**It broke off after {len(run.norms)} steps.** The gradient's norm had grown to {amount(largest)}: one "
            "step along it, and nothing can be computed any more."
        )
    scaled = sum(norm > limit for norm in run.norms) if limit is not None else 0
    acted = f"Clipping acted at {scaled} of {len(run.norms)} steps. " if limit is not None else ""
    faded = f"Across the {blank} blank rows the gradient becomes {compared(run.arrives)}. " if blank else ""
    return f"**{run.accuracy:.0%} of the test digits.** {acted}{faded}"


VIEW = View(
    "clip",
    "Explode and clip",
    _choose,
    _clip,
    notice=(
        "One or two steps along an exploded gradient throw the weights so far that nothing can be computed any more.",
        "Clipping keeps the direction and bounds the length. It cannot lengthen what has faded on the way.",
    ),
    question="Why does clipping rescue the exploding network, and what would the fading one need instead?",
)
