"""Dependence to learn on: two cells, the same number of parameters, a growing distance."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd
import streamlit as st

from seqviz import snippets
from seqviz.experiments.distances import CHANCE, DISTANCES, RATE, Problem, Trials, learn_over_distances, task_models
from seqviz.figures.gradients import distance_figure
from seqviz.figures.live import Line, live_curve
from seqviz.networks.build import parameter_counts
from seqviz.palette import CELL_COLOURS, CELL_NAMES
from seqviz.specs import CELLS, Cell
from seqviz.ui.shell import caches
from seqviz.ui.shell.background import elsewhere, in_background
from seqviz.ui.shell.frame import code, mode
from seqviz.ui.shell.stage import View
from seqviz.ui.shell.url import choose, pick, slide, whole

TASKS: dict[Problem, str] = {"delayed": "Delayed digit", "adding": "Adding problem"}
SAYS: dict[Problem, str] = {
    "delayed": "A digit, then blank rows; only after them the network answers. The distance is their number.",
    "adding": "A long list of numbers, two of them marked: answer with their sum (Hochreiter & Schmidhuber 1997). The "
    "distance is the length of the list; an answer within 0.04 is right.",
}
AXES: dict[Problem, str] = {"delayed": "blank rows after the digit", "adding": "length of the list"}
SHIPPED = caches.MODELS / "distances.json"


@dataclass(frozen=True)
class Trial:
    """What a reader trains: the task, two cells with as many parameters, the bias of the gate that keeps, the seed."""

    task: Problem
    cells: Sequence[Cell]
    units: int
    bias: float
    seed: int


def _choose() -> Trial:
    task = pick("Task", list(TASKS), "task", names=TASKS)
    st.caption(SAYS[task])
    with st.expander("Try it yourself", expanded=True):
        one = choose("First cell", CELLS, "one", names=CELL_NAMES, width=150)
        two = choose("Second cell", CELLS, "two", names=CELL_NAMES, width=150)
        units = int(slide("Units of the first", "first_units", width=180))
        bias = float(slide("Bias of the keeping gate", "keep", width=190))
        seed = whole("Seed", "drawn", width=130)
    return Trial(task, [one] if one == two else [one, two], units, bias, seed)


def _result(trial: Trial) -> str:
    """What each cell reaches at the longest distance, in what ships."""
    measured = _measured()[trial.task]
    farthest = max(map(int, measured["rnn"]))
    what = "blank rows" if trial.task == "delayed" else "numbers"
    found = {cell: measured[cell][str(farthest)] for cell in CELLS}
    ends = ", ".join(f"the {CELL_NAMES[cell]} **{sum(one) / len(one):.0%}**" for cell, one in found.items())
    chance = CHANCE[trial.task]
    return f"Over {farthest} {what}, right answers: {ends} (mean of three seeds; chance is {chance:.0%})."


def _learn(trial: Trial) -> None:
    """What ships, and the same live with one's own choice of cells."""
    task, units, bias, seed = trial.task, trial.units, trial.bias, trial.seed
    _shipped(task)
    st.header("Try it yourself", anchor=False)
    models = task_models(task, trial.cells, units)
    sizes = "; ".join(
        f"{CELL_NAMES[cell]}: {spec.encoder.hidden_size} units, {parameter_counts(spec).total:,} parameters"
        for cell, spec in models.items()
    )
    st.caption(
        f"{sizes}. Orthogonal W_hh, Adam, one-cycle to {RATE:g}, batch 32; every distance begins anew. About half a "
        "minute for two cells on an idle laptop; it goes on while you look elsewhere."
    )
    work = partial(learn_over_distances, task, models, bias, seed=seed)
    label = f"Train at {len(DISTANCES[task])} distances"
    key = f"distances {task} {list(trial.cells)} {units} {bias} {seed}"
    in_background(key, "Training over distances", label, work, _live)
    elsewhere((key,))
    code(snippets.distances(task, list(trial.cells), units, bias, seed), "The same training; it takes as long as here.")


def _live(found: Trials) -> None:
    """The curve that decides, and the learning at the distance under way."""
    left, right = st.columns(2)
    curves = [
        (CELL_NAMES[cell], CELL_COLOURS[cell], {d: [a] for d, a in found.curve(cell).items()}) for cell in found.models
    ]
    with left:
        figure = distance_figure(curves, AXES[found.task], CHANCE[found.task], mode())
        st.plotly_chart(figure, key="distance curve", theme=None)
    newest = found.trials[-len(found.models) :]
    lines = [Line(CELL_NAMES[one.cell], one.steps, _smooth(one.accuracies), CELL_COLOURS[one.cell]) for one in newest]
    title = f"Learning at distance {newest[0].distance}: accuracy on the batches"
    last = max((one.steps[-1] for one in newest if one.steps), default=1)
    data, spec = live_curve(title, lines, float(last), "accuracy", percent=True, low=0.0)
    with right:
        st.vega_lite_chart(data, spec, width="stretch")
    rows = [
        {"cell": cell, "distance": distance, "accuracy": accuracy}
        for cell in found.models
        for distance, accuracy in found.curve(cell).items()
    ]
    if rows:
        csv = pd.DataFrame(rows).to_csv(index=False)
        st.download_button("Numbers (CSV)", csv, f"seqviz-{found.task}.csv", key="distances csv", on_click="ignore")


def _smooth(values: tuple[float, ...], weight: float = 0.95) -> list[float]:
    """A running mean, so that batches of 32 can be read."""
    smooth: list[float] = []
    for value in values:
        smooth.append(weight * smooth[-1] + (1 - weight) * value if smooth else value)
    return smooth


@st.cache_data(show_spinner=False)
def _measured() -> Mapping[str, Mapping[str, Mapping[str, list[float]]]]:
    return json.loads(SHIPPED.read_text(encoding="utf-8"))


def _shipped(task: Problem) -> None:
    measured = _measured()[task]
    curves = [
        (CELL_NAMES[cell], CELL_COLOURS[cell], {int(d): values for d, values in measured[cell].items()})
        for cell in CELLS
    ]
    figure = distance_figure(curves, AXES[task], CHANCE[task], mode())
    st.plotly_chart(figure, key="shipped distances", theme=None)
    st.caption(
        "Measured beforehand: three seeds (mean and range), equal numbers of parameters, 48 units in the "
        "RNN, bias 3 for the gate that keeps the memory."
    )
    text = SHIPPED.read_text(encoding="utf-8")
    st.download_button("Numbers (JSON)", text, SHIPPED.name, key="shipped distances json", on_click="ignore")


VIEW = View(
    "distance",
    "Learn over a distance",
    _choose,
    _learn,
    result=_result,
    notice=(
        "All cells have as many parameters, the same start and the same rate; at the shortest distance all learn.",
        "With distance the RNN falls to chance first. A gated cell can fail too: look how the LSTM's seeds differ.",
    ),
    question="Train the delayed digit with the keeping gate's bias at 0. Why does the reach shrink so much?",
)
