"""Both directions: the same task with one reader and with two, over seeds, and where the second one cheats."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import pandas as pd
import streamlit as st

from seqviz import snippets
from seqviz.data.labelled_texts import LabelledTexts
from seqviz.experiments.directions import (
    BOTH,
    FORWARD,
    WRITERS_TRAINING,
    Perplexities,
    comparison,
    next_words,
    read_ahead,
    writers,
)
from seqviz.experiments.race import repeat_race
from seqviz.experiments.statistics import paired_t_test
from seqviz.figures.directions import pairs_figure, perplexity_figure
from seqviz.networks.build import parameter_counts
from seqviz.palette import CELL_NAMES
from seqviz.specs import CELLS, Cell, ModelSpec, TrainSpec
from seqviz.training.estimate import Cost, run_cost
from seqviz.ui.shell import caches
from seqviz.ui.shell.background import elsewhere, in_background
from seqviz.ui.shell.frame import code, mode
from seqviz.ui.shell.stage import View, result
from seqviz.ui.shell.url import pick, switch, whole
from seqviz.ui.shell.verdict import verdict
from seqviz.ui.words.settings import choose_reviews

SHIPPED = caches.MODELS / "directions.json"
HEIGHT = 330  # pixels: what the first screen has

Accuracies = Mapping[str, Sequence[float]]
"""By network, in the order of seeds."""


@dataclass(frozen=True)
class Compared:
    """What is compared: the texts, the two networks, how they are trained, and how often."""

    data: LabelledTexts
    cell: Cell
    specs: Mapping[str, ModelSpec]
    training: TrainSpec
    match: bool
    seeds: int

    @property
    def key(self) -> str:
        """What tells this comparison from others."""
        return f"{self.data.name} {self.cell} {self.match} {self.training} {self.seeds}"

    @property
    def cost(self) -> Cost:
        """What all seeds need, one after the other."""
        one, other = (run_cost(spec, self.training, self.data) for spec in self.specs.values())
        return replace(one + other, seconds=self.seeds * (one + other).seconds)


def _choose() -> Compared:
    data = choose_reviews()
    cell = pick("Cell", CELLS, "compared_cell", names=CELL_NAMES)
    match = switch("Match parameters", "match")
    usual = comparison(data, cell)[1].epochs
    epochs = whole("Epochs", "compared_epochs", default=usual, width=130)
    seeds = whole("Seeds", "seeds", width=130)
    specs, training = comparison(data, cell, epochs=epochs, match=match)
    return Compared(data, cell, specs, training, match, seeds)


def _show(compared: Compared) -> None:
    key = f"directions {compared.key}"
    work = partial(repeat_race, compared.specs, compared.data, compared.training, range(compared.seeds))
    in_background(key, "Both directions", "Train both", work, partial(_draw, compared), cost=compared.cost)
    if caches.jobs().task(key) is None:
        _example()
    sizes = "; ".join(
        f"{name}: {'2 × ' if spec.encoder.bidirectional else ''}{spec.encoder.hidden_size} units, "
        f"{parameter_counts(spec).total:,} parameters"
        for name, spec in compared.specs.items()
    )
    st.caption(f"{sizes}. A seed gives both the same batches in the same order.")
    st.header("Where a second reader cheats", anchor=False)
    st.markdown(
        "A language model is asked for the next word. The backward reader has just read it: the perplexity falls "
        "towards 1, and the network cannot write a single word."
    )
    ahead = f"read ahead {compared.cell}"
    draw = partial(_draw_perplexities, compared.cell)
    writing = partial(read_ahead, caches.reviews("planted"), compared.cell)
    label = "Train two language models"
    in_background(ahead, "Language models", label, writing, draw, cost=_cost_of_writers(compared.cell))
    if caches.jobs().task(ahead) is None:
        st.caption("Ships with SeqViz: two LSTMs on the planted reviews.")
        _draw_perplexities("lstm", _shipped()[1])
    elsewhere((key, ahead))
    code(
        snippets.directions(
            compared.data.name, compared.cell, compared.training.epochs, compared.match, compared.seeds
        ),
        "The comparison, from Python: the same accuracies.",
    )


@st.cache_data(show_spinner=False)
def _shipped() -> tuple[dict[str, list[float]], Perplexities]:
    found = json.loads(SHIPPED.read_text(encoding="utf-8"))
    by_step = {
        name: {int(step): value for step, value in values.items()}
        for name, values in found["perplexities"]["by_step"].items()
    }
    return found["accuracies"], Perplexities(by_step, found["perplexities"]["total"])


def _example() -> None:
    accuracies = _shipped()[0]
    specs, training = comparison(caches.reviews("planted"), "lstm")
    _draw(Compared(caches.reviews("planted"), "lstm", specs, training, False, len(accuracies[BOTH])), accuracies)
    st.caption(f"Ships with SeqViz: planted reviews, an LSTM, {training.epochs} epochs. Yours will take its place.")


def _draw(compared: Compared, found: Accuracies) -> None:
    """Every seed's pair of accuracies, what they say together, and the numbers."""
    done = len(found[BOTH])
    there = _without_diverged(found)
    result(_said(compared, found, there))
    title = f"{CELL_NAMES[compared.cell]}, {compared.training.epochs} epochs: {done} of {compared.seeds} seeds"
    figure = pairs_figure(there, compared.cell, title, mode(), HEIGHT)
    st.plotly_chart(figure, key="directions", theme=None)
    csv = pd.DataFrame(found).to_csv(index_label="seed")
    name = f"seqviz-{compared.data.name}-directions.csv"
    st.download_button("Numbers (CSV)", csv, name, key="directions csv", on_click="ignore")


def _without_diverged(found: Accuracies) -> dict[str, list[float]]:
    """The seeds from which both networks have an accuracy."""
    pairs = [pair for pair in zip(found[FORWARD], found[BOTH], strict=True) if not any(map(math.isnan, pair))]
    return {FORWARD: [forward for forward, _ in pairs], BOTH: [both for _, both in pairs]}


def _said(compared: Compared, found: Accuracies, there: Accuracies) -> str:
    """The means, and once all seeds are there, whether they differ by more than chance."""
    diverged = {name: sum(map(math.isnan, values)) for name, values in found.items()}
    left_out = "".join(f" {count} {name} runs diverged." for name, count in diverged.items() if count)
    count = len(there[BOTH])
    if not count:
        return f"From no seed have both networks learned anything.{left_out} Choose another cell."
    forward, both = (sum(there[name]) / count for name in (FORWARD, BOTH))
    said = f"Forward **{forward:.1%}**, bidirectional **{both:.1%}** (means of {count} seeds).{left_out}"
    if len(found[BOTH]) < compared.seeds:
        return f"{said} The test waits for all."
    difference = paired_t_test(there[BOTH], there[FORWARD])
    if difference is None:
        return f"{said} There are too few different values to test whether this is chance."
    return f"{said} {verdict(BOTH, FORWARD, difference)}"


def _draw_perplexities(cell: Cell, found: Perplexities) -> None:
    st.markdown(
        f"As unsure as among **{found.last(FORWARD):.2f}** words in one direction, among **{found.last(BOTH):.2f}** in "
        "two: not a better model of language, but one that was told the answer."
    )
    title = f"Perplexity: {CELL_NAMES[cell]} that is asked for the next word"
    figure = perplexity_figure(found.by_step, found.total, cell, title, mode(), HEIGHT)
    st.plotly_chart(figure, key="perplexities", theme=None)


@st.cache_data(show_spinner=False)
def _cost_of_writers(cell: Cell) -> Cost:
    data = caches.reviews("planted")
    one, other = (run_cost(spec, WRITERS_TRAINING, next_words(data)) for spec in writers(data, cell).values())
    return one + other


VIEW = View(
    "directions",
    "Both directions",
    _choose,
    _show,
    notice=(
        "Both networks see the same batches in the same order, seed by seed: a paired test needs fewer seeds.",
        "The forward reader must carry a “not” over all words that follow; for the backward one it comes last.",
        "What must be predicted may not be read: a second direction is for texts that are there as a whole.",
    ),
    question="Double the epochs. What is left of the difference, and what did the second direction give, then?",
)
