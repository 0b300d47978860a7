"""Seeds on MNIST: what two epochs give, seed by seed, and whether the difference is chance."""

import json
from collections.abc import Mapping

import pandas as pd
import streamlit as st

from seqviz.experiments.statistics import paired_t_test
from seqviz.figures.heads import seeds_figure
from seqviz.palette import CELL_NAMES, HEAD_NAMES
from seqviz.specs import Cell, HeadKind
from seqviz.ui.shell import caches
from seqviz.ui.shell.frame import mode
from seqviz.ui.shell.stage import View, nothing
from seqviz.ui.shell.verdict import verdict

SHIPPED = caches.MODELS / "heads.json"
SINGLE_RUNS: dict[tuple[Cell, HeadKind], float] = {
    ("lstm", "concat"): 0.979,
    ("lstm", "last"): 0.984,
    ("gru", "concat"): 0.981,
    ("rnn", "concat"): 0.9728,
}
"""What single runs had given for two layers of 256 units after two epochs, before the seeds were repeated."""

Accuracies = Mapping[HeadKind, list[float]]
"""By head, in the order of seeds."""


@st.cache_data(show_spinner=False)
def _measured() -> dict[Cell, dict[HeadKind, list[float]]]:
    found: dict[Cell, dict[HeadKind, list[float]]] = json.loads(SHIPPED.read_text(encoding="utf-8"))
    seeds = min(len(runs) for heads in found.values() for runs in heads.values())
    return {cell: {head: runs[:seeds] for head, runs in heads.items()} for cell, heads in found.items()}


def _result(_: None) -> str:
    """How much the heads differ, cell by cell."""
    ends = []
    for cell, heads in _measured().items():
        difference = paired_t_test(heads["concat"], heads["last"])
        sure = "hardly by chance" if difference and difference.clear else "it may be chance"
        ends.append(f"{CELL_NAMES[cell]} **{_points(heads):+.2f} points** ({sure})")
    return f"All rows (concat) against the last row, over seeds: {', '.join(ends)}."


def _points(heads: Accuracies) -> float:
    return 100 * sum(a - b for a, b in zip(heads["concat"], heads["last"], strict=True)) / len(heads["last"])


def _show(_: None) -> None:
    """Two epochs on MNIST over several seeds, beside a single run."""
    values = _measured()
    seeds = len(values["lstm"]["last"])
    title = f"MNIST, two layers of 256 units, two epochs: {seeds} seeds"
    st.plotly_chart(seeds_figure(values, title, mode()), key="mnist seeds", theme=None)
    st.dataframe(pd.DataFrame([_row(cell, heads) for cell, heads in values.items()]), hide_index=True)
    verdicts = [
        f"- **{CELL_NAMES[cell]}.** {verdict(HEAD_NAMES['concat'], HEAD_NAMES['last'], difference)}"
        for cell, heads in values.items()
        if (difference := paired_t_test(heads["concat"], heads["last"]))
    ]
    st.markdown("\n".join(verdicts))
    st.caption(
        "Adam at a rate of 0.001, batches of 64, no clipping; paired t-test over seeds. One earlier run each had put "
        "the last row above all rows for the LSTM (98.40 against 97.90 %): one run cannot decide. "
        "Two epochs are the start of training: what is measured here is mostly which head learns faster."
    )
    text = SHIPPED.read_text(encoding="utf-8")
    st.download_button("Numbers (JSON)", text, SHIPPED.name, key="mnist seeds json", on_click="ignore")


def _row(cell: Cell, heads: Accuracies) -> dict[str, str]:
    difference = paired_t_test(heads["concat"], heads["last"])
    return {
        "cell": CELL_NAMES[cell],
        **{f"{HEAD_NAMES[head]}, mean": f"{sum(one) / len(one):.2%}" for head, one in heads.items()},
        **{f"{HEAD_NAMES[head]}, one earlier run": _single_run(cell, head) for head in heads},
        "all rows − last row": f"{_points(heads):+.2f} points",
        "p": "too few seeds" if difference is None else f"{difference.p:.2g}",
    }


def _single_run(cell: Cell, head: HeadKind) -> str:
    return f"{SINGLE_RUNS[cell, head]:.2%}" if (cell, head) in SINGLE_RUNS else "not given"


VIEW = View(
    "seeds",
    "Seeds on MNIST",
    nothing,
    _show,
    result=_result,
    notice=(
        "Runs that differ in nothing but the seed lie far apart, farthest in the RNN. One run each cannot decide.",
        "A paired test uses that both heads of a seed begin alike and see the same batches.",
    ),
    question="How many seeds would you run before you believed a difference of 0.1 points?",
)
