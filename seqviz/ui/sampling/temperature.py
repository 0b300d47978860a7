"""Temperature as a curve: what it does to one character's logits, and to whole texts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st
import torch

from seqviz import snippets
from seqviz.data.vocabulary import named
from seqviz.figures.sampling import characters_figure, heat_figure
from seqviz.instruments.sampling import SampleStep
from seqviz.instruments.side_by_side import sample_side_by_side
from seqviz.instruments.text_statistics import Style, style, temperature_curve
from seqviz.palette import CELL_COLOURS
from seqviz.snippets.subjects import Network, WritingSetting
from seqviz.timelines.writing import writing_timeline
from seqviz.ui.sampling.setting import Writing, choose_writing
from seqviz.ui.shell import caches
from seqviz.ui.shell.frame import QUIET, code, mode
from seqviz.ui.shell.player import player, seek
from seqviz.ui.shell.stage import View
from seqviz.ui.shell.texts import words_learned
from seqviz.ui.shell.url import recalled_step, remember_step, slide

GRID = torch.arange(0, 201, 5, dtype=torch.float64) / 100  # temperatures of one character's curves
SWEEP = tuple(tenths / 10 for tenths in range(21))
SEEDS, LENGTH = (0, 1, 2), 300  # texts at each temperature, and characters in each
FOLLOWED = 5  # characters whose probability is drawn


@dataclass(frozen=True)
class Turned:
    """A text that was written at T = 1, the temperature that is looked at, and the character whose logits are shown."""

    writing: Writing
    temperature: float
    place: int
    chosen: bool


def _choose() -> Turned:
    heat = st.container()  # above what all views share
    writing = choose_writing()
    with heat:
        temperature = float(slide("Temperature T", "temperature"))
    steps = writing.steps
    asked = recalled_step(len(steps))
    place = max(range(len(steps)), key=lambda index: steps[index].entropy) if asked is None else asked
    if st.session_state.get("uncertain place") not in (None, place):
        seek("temperature text", place)  # another text has another most uncertain character
    st.session_state["uncertain place"] = place
    return Turned(writing, temperature, place, asked is not None)


def _result(turned: Turned) -> str:
    """How many words are real at this temperature, and how much is a loop."""
    found = _measured(turned.writing)
    at = min(range(len(SWEEP)), key=lambda index: abs(SWEEP[index] - turned.temperature))
    bits, loops, words = found.entropy[at], found.curves["looping"][at], found.curves["known"][at]
    real = "" if math.isnan(words) else f"**{words:.0%}** of its words are real, "
    return (
        f"At T = {SWEEP[at]:g}, {real}**{loops:.0%}** of its characters stand in a loop, and a choice has an entropy "
        f"of **{bits:.1f} bits**."
    )


def _show(turned: Turned) -> None:
    """Whole texts over the temperature, and one character of a text with its logits at every temperature."""
    writing = turned.writing
    _texts(turned)
    steps = writing.steps
    st.header("One character: one set of logits, every temperature", anchor=False)
    timeline = writing_timeline(
        steps, writing.setting.prompt, CELL_COLOURS[writing.writer.spec.encoder.cell], candidates=False
    )
    player(timeline, key="temperature text", start=turned.place, on_step=remember_step)
    why = "" if turned.chosen else " Chosen now: the one that the network was least sure about."
    st.caption(f"A text at T = 1. Click a character: below are the logits that it was drawn from.{why}")
    _character(writing.writer, writing.setting, steps, turned.place, turned.temperature)


def _character(writer: Network, setting: WritingSetting, steps: Sequence[SampleStep], place: int, heat: float) -> None:
    one, colours = steps[place], mode()
    distributions, bits = temperature_curve(one.logits.double(), GRID)
    now, entropy = temperature_curve(one.logits.double(), torch.tensor([heat], dtype=torch.float64))
    st.markdown(
        rf"$p_i = e^{{z_i/T}} \,/\, \sum_j e^{{z_j/T}}$ at $T = {heat:g}$: entropy **{float(entropy[0]):.2f} bits** of "
        f"at most {torch.tensor(len(one.logits)).log2():.2f}; the likeliest character has {float(now[0].max()):.1%}."
    )
    colour = CELL_COLOURS[writer.spec.encoder.cell]
    name = f"softmax(z / {heat:g})" if heat else "T = 0: all on the likeliest character"
    title = f"{name}, beside the network's own"
    about = (writer.name, writer.version, setting, place, heat, colours)
    draw = partial(characters_figure, one.vocabulary, one.plain, now[0], None, one.token, title, colour, colours)
    st.plotly_chart(caches.drawn(("heat characters", *about), draw), key="heat characters", theme=None, config=QUIET)
    likeliest = one.logits.argsort(descending=True, stable=True)[:FOLLOWED].tolist()
    shares = {f"“{named(one.vocabulary[i])}”": distributions[:, i].tolist() for i in likeliest}
    left, right = st.columns(2)
    grid = GRID.tolist()
    with left:
        title = f"Probability of its {FOLLOWED} likeliest characters"
        draw = partial(heat_figure, grid, shares, heat, title, "probability", colours, percent=True)
        st.plotly_chart(caches.drawn(("heat shares", *about), draw), key="heat shares", theme=None, config=QUIET)
    with right:
        curve = {"entropy": bits.tolist()}
        draw = partial(heat_figure, grid, curve, heat, "Entropy of this character's distribution", "bits", colours)
        st.plotly_chart(caches.drawn(("heat bits", *about), draw), key="heat bits", theme=None, config=QUIET)
    before = setting.prompt + "".join(step.character for step in steps[:place])
    code(
        snippets.temperature(writer, before, heat),
        "The logits behind the text so far, and their softmax, in plain PyTorch.",
    )


@dataclass(frozen=True)
class Measured:
    """What texts are like, by temperature: the mean entropy of a choice in bits, and each number of `Style`."""

    entropy: list[float]
    curves: dict[str, list[float]]


def _measured(writing: Writing) -> Measured:
    writer = writing.writer
    return _measure(writer.name, writer.version, writing.setting.prompt, writer)


@st.cache_data(show_spinner="Writing at every temperature …", max_entries=32)
def _measure(name: str, version: int, prompt: str, _writer: Network) -> Measured:
    found = sample_side_by_side(_writer.model, prompt, LENGTH, SWEEP, SEEDS)
    words = words_learned(_writer.checkpoint.dataset)
    styles = {heat: [style(one.text, words) for one in found if one.temperature == heat] for heat in SWEEP}
    return Measured(
        [_mean([one.entropy for one in found if one.temperature == heat]) for heat in SWEEP],
        {
            name: [_mean([getattr(one, name) for one in styles[heat]]) for heat in SWEEP]
            for name in Style.__dataclass_fields__
        },
    )


def _texts(turned: Turned) -> None:
    """Curves over temperature of what the texts are like."""
    writer, prompt, heat, colours = turned.writing.writer, turned.writing.setting.prompt, turned.temperature, mode()
    found = _measured(turned.writing)
    known = found.curves["known"]
    plots = [
        ("Real words: found in the text it learned from", "share", known, True),
        ("In a loop: the last 20 characters were there already", "share", found.curves["looping"], True),
        ("Entropy of a choice", "bits", found.entropy, False),
        ("Groups of 4 characters that do not repeat", "share", found.curves["distinct"], True),
    ]
    if math.isnan(known[0]):
        plots = plots[1:]
    columns = st.columns(2) * 2
    for column, (title, unit, values, percent) in zip(columns, plots, strict=False):
        with column:
            about = (title, writer.name, writer.version, prompt, heat, colours)
            draw = partial(heat_figure, SWEEP, {title: values}, heat, title, unit, colours, percent=percent)
            st.plotly_chart(caches.drawn(about, draw), key=f"sweep {title}", theme=None, config=QUIET)
    st.caption(
        f"{len(SEEDS)} texts of {LENGTH} characters at each of {len(SWEEP)} temperatures behind the same prompt, with "
        "the same noise; the mean of each."
    )
    if math.isnan(known[0]):
        st.caption("Whether its words exist cannot be said: the text that it learned from is not on this machine.")
    _download(writer, found.entropy, found.curves)


def _download(writer: Network, bits: Sequence[float], curves: dict[str, list[float]]) -> None:
    rows = ["temperature,entropy_bits," + ",".join(curves)]
    rows += [",".join(f"{value:g}" for value in row) for row in zip(SWEEP, bits, *curves.values(), strict=True)]
    name = f"seqviz-{writer.name}-temperature.csv"
    st.download_button("Curves (CSV)", "\n".join(rows) + "\n", name, "text/csv", on_click="ignore")


def _mean(values: Sequence[float]) -> float:
    there = [value for value in values if value == value]
    return sum(there) / len(there) if there else float("nan")


VIEW = View(
    "temperature",
    "Temperature",
    _choose,
    _show,
    result=_result,
    notice=(
        "T divides the logits before the softmax. Near 0 all goes to the likeliest character; at 1 the network speaks "
        "for itself; above, unlikely characters get more than it meant.",
        "Cold text falls into loops: the likeliest character leads back to where it has been.",
    ),
    question="At which temperature does the share of real words begin to fall? Does it fall where the loops end?",
)
