"""Temperature as a curve: what it does to one character's logits, and to whole texts."""

from collections.abc import Sequence
from functools import partial

import streamlit as st
import torch

from seqviz import snippets
from seqviz.data.vocabulary import named
from seqviz.figures.sampling import characters_figure, heat_figure
from seqviz.instruments.sampling import SampleStep
from seqviz.instruments.side_by_side import SampledText, sample_side_by_side
from seqviz.instruments.text_statistics import Style, style, temperature_curve, words_of
from seqviz.palette import CELL_COLOURS
from seqviz.snippets.subjects import Network, WritingSetting
from seqviz.timelines.writing import writing_timeline
from seqviz.ui.sampling.write import TEMPERATURES, choose_setting, written
from seqviz.ui.shell import caches
from seqviz.ui.shell.frame import QUIET, code, mode
from seqviz.ui.shell.player import player, seek
from seqviz.ui.shell.stage import controls
from seqviz.ui.shell.texts import choose_writer, text_of
from seqviz.ui.shell.url import recalled_step, remember_step, slide

GRID = torch.arange(0, 201, 5, dtype=torch.float64) / 100  # temperatures of one character's curves
SWEEP = tuple(tenths / 10 for tenths in range(21))
SEEDS, LENGTH = (0, 1, 2), 300  # texts at each temperature, and characters in each
FOLLOWED = 5  # characters whose probability is drawn


def turn() -> None:
    """One character of a real text, its logits over the temperature, and what becomes of whole texts."""
    with controls():
        writer = choose_writer("writer", "shakespeare")
    setting = choose_setting(writer, with_heat=False, with_cuts=False)
    steps = written(writer, setting)
    asked = recalled_step(len(steps))
    place = max(range(len(steps)), key=lambda index: steps[index].entropy) if asked is None else asked
    if st.session_state.get("heat place") not in (None, place):
        seek("heat text", place)  # another text has another most uncertain character
    st.session_state["heat place"] = place
    why = "" if asked is not None else " Chosen now: the one that the network was least sure about."
    st.caption(f"A text at T = 1. Click a character: below are the logits that it was drawn from.{why}")
    timeline = writing_timeline(steps, setting.prompt, CELL_COLOURS[writer.spec.encoder.cell], candidates=False)
    player(timeline, key="heat text", start=place, on_step=remember_step)
    _character(writer, setting, steps, place)
    _texts(writer, setting)


def _character(writer: Network, setting: WritingSetting, steps: Sequence[SampleStep], place: int) -> None:
    one, colours = steps[place], mode()
    st.header(f"Character {place + 1}: one set of logits, every temperature", anchor=False)
    heat = float(slide("Temperature T", TEMPERATURES, "heat", default="0.7"))
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


def _texts(writer: Network, setting: WritingSetting) -> None:
    """Curves over temperature of what the texts are like."""
    st.header("Whole texts over the temperature", anchor=False)
    st.caption(
        f"{len(SEEDS)} texts of {LENGTH} characters at each of {len(SWEEP)} temperatures behind the same prompt, with "
        "the same noise; the mean of each."
    )
    found = _swept(writer.name, writer.version, setting.prompt, writer)
    corpus = _corpus(writer)
    styles = {heat: [style(one.text, corpus) for one in found if one.temperature == heat] for heat in SWEEP}
    bits = [_mean([one.entropy for one in found if one.temperature == heat]) for heat in SWEEP]

    def curve(field: str) -> list[float]:
        return [_mean([getattr(one, field) for one in styles[heat]]) for heat in SWEEP]

    heat, colours = float(st.session_state["heat"]), mode()
    plots = [
        ("Entropy of a choice", "bits", bits, False),
        ("Groups of 4 characters that do not repeat", "share", curve("distinct"), True),
        ("In a loop: the last 20 characters were there already", "share", curve("looping"), True),
    ]
    if corpus:
        plots.append(("Real words: found in its text", "share", curve("known"), True))
    columns = st.columns(2) * 2
    for column, (title, unit, values, percent) in zip(columns, plots, strict=False):
        with column:
            about = (title, writer.name, writer.version, setting.prompt, heat, colours)
            draw = partial(heat_figure, SWEEP, {title: values}, heat, title, unit, colours, percent=percent)
            st.plotly_chart(caches.drawn(about, draw), key=f"sweep {title}", theme=None, config=QUIET)
    if not corpus:
        st.caption("Whether its words exist cannot be said: the text that it learned from is not on this machine.")
    _download(writer, bits, {name: curve(name) for name in Style.__dataclass_fields__})


def _download(writer: Network, bits: Sequence[float], curves: dict[str, list[float]]) -> None:
    rows = ["temperature,entropy_bits," + ",".join(curves)]
    rows += [",".join(f"{value:g}" for value in row) for row in zip(SWEEP, bits, *curves.values(), strict=True)]
    name = f"seqviz-{writer.name}-temperature.csv"
    st.download_button("Curves (CSV)", "\n".join(rows) + "\n", name, "text/csv", on_click="ignore")


@st.cache_resource(show_spinner="Writing at every temperature …", max_entries=32)
def _swept(name: str, version: int, prompt: str, _writer: Network) -> tuple[SampledText, ...]:
    return sample_side_by_side(_writer.model, prompt, LENGTH, SWEEP, SEEDS)


def _corpus(writer: Network) -> frozenset[str]:
    data = text_of(writer)
    return _words(data.name, len(data.train), data.train) if data else frozenset()


@st.cache_resource(show_spinner=False, max_entries=8)
def _words(name: str, length: int, _text: str) -> frozenset[str]:
    return words_of(_text)


def _mean(values: Sequence[float]) -> float:
    there = [value for value in values if value == value]
    return sum(there) / len(there) if there else float("nan")
