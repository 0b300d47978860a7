"""Order and distance: the same race on digits that are read another way, with two networks that have no memory."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd
import streamlit as st

from seqviz import snippets
from seqviz.experiments.row_orders import CONTESTANTS, TRAINED, RowOrder, race_on_row_orders
from seqviz.ui.shell import caches
from seqviz.ui.shell.background import elsewhere, in_background
from seqviz.ui.shell.frame import code
from seqviz.ui.shell.stage import View
from seqviz.ui.shell.url import choose, whole

NAMES: dict[RowOrder, str] = {
    "plain": "as they are",
    "bottom-up": "bottom-up",
    "columns": "columns",
    "permuted": "rows shuffled",
    "blank": "20 blank rows more",
    "scrambled": "shuffled after",
    "short": "20 rows after",
}
SAYS: dict[RowOrder, str] = {
    "plain": "as they are",
    "bottom-up": "bottom-up",
    "columns": "column by column",
    "permuted": "with rows shuffled, in training too",
    "blank": "with 20 blank rows behind them",
    "scrambled": "with rows shuffled only after training",
    "short": "up to row 20 only, after training on all",
}
SHIPPED = caches.MODELS / "orders.json"


@dataclass(frozen=True)
class Reading:
    """How the digits are read, and the seed of the reader's own run."""

    order: RowOrder
    seed: int


def _choose() -> Reading:
    order = choose("Read the digits", list(NAMES), "reading", names=NAMES)
    return Reading(order, whole("Seed of your own run", "orders_seed", width=170))


def _result(reading: Reading) -> str:
    """What each network reaches when the digits are read so, in what ships."""
    found = {name: _mean(accuracies.get(reading.order)) for name, accuracies in _shipped().items()}
    ends = ", ".join(f"{name} **{'cannot' if one is None else format(one, '.0%')}**" for name, one in found.items())
    return f"Digits read {SAYS[reading.order]}: {ends}."


def _mean(values: Sequence[float | None] | None) -> float | None:
    there = [value for value in values or () if value is not None]
    return sum(there) / len(there) if there else None


def _show(reading: Reading) -> None:
    """The table that ships, and the same live from another seed."""
    _table(_shipped())
    st.caption(
        "Embedded digits, 10 epochs, three seeds: mean, and from the worst to the best. "
        "Chance is 10 %. The last two lines give other rows, after training, to the networks of the first."
    )
    st.markdown(
        "Two LSTMs, a small CNN and a bag of rows (the mean of features of single rows) learn the embedded digits, "
        "read in different ways. Which of them notices that the rows were shuffled? Which can read 20 rows "
        "instead of 28?"
    )
    st.markdown(
        "- **Shuffled after training**, every network but one is lost: the **bag of rows** only adds up rows and "
        "cannot notice. **Shuffled before**, all learn the new order nearly as well: order is in the weights, not in "
        "the cell.\n"
        "- The **all-rows** LSTM has a weight for each of 28 rows: it cannot even be asked about 20. The others can, "
        "and what they answer is another matter: the last-row LSTM has never stopped there.\n"
        "- With **20 blank rows** only the last-row LSTM must carry the digit to the end, and in 10 epochs it does not "
        "learn to."
    )
    text = SHIPPED.read_text(encoding="utf-8")
    st.download_button("Numbers (JSON)", text, SHIPPED.name, key="orders json", on_click="ignore")
    st.header("Run it yourself", anchor=False)
    seed, order = reading.seed, reading.order
    if order not in TRAINED:
        st.caption("These rows are given to networks that have learned the digits as they are: that is what runs here.")
        order = "plain"
    work = partial(race_on_row_orders, caches.dataset("digits"), seed, row_orders=(order,))
    keys = {one: f"orders {seed} {one}" for one in TRAINED}
    label = f"Train {len(CONTESTANTS)} networks"
    in_background(keys[order], "Order and distance", label, work, lambda _: _so_far(tuple(keys.values())))
    elsewhere(tuple(keys.values()))
    code(snippets.orders(seed, order), "The same training, from Python.")


def _so_far(keys: Sequence[str]) -> None:
    """Everything that was trained with this seed, one column for each reading."""
    found: dict[str, dict[RowOrder, list[float | None]]] = {name: {} for name in CONTESTANTS}
    for key in keys:
        task = caches.jobs().task(key)
        for name, accuracies in (task.result if task and task.result else {}).items():
            found[name] |= {reading: [one] for reading, one in accuracies.items()}
    _table(found)


def _table(found: Mapping[str, Mapping[RowOrder, Sequence[float | None]]]) -> None:
    """One line an order, one column a network."""
    rows = [
        {"digits read": title, **{name: _cell(order, accuracies.get(order)) for name, accuracies in found.items()}}
        for order, title in NAMES.items()
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True)


def _cell(reading: RowOrder, values: Sequence[float | None] | None) -> str:
    if values is None:
        return "…"
    there = [value for value in values if value is not None]
    if not there:
        return "cannot" if reading == "short" else "diverged"
    mean = f"{sum(there) / len(there):.1%}"
    return mean if len(there) == 1 else f"{mean} ({min(there) * 100:.1f}–{max(there) * 100:.1f})"


@st.cache_data(show_spinner=False)
def _shipped() -> dict[str, dict[RowOrder, list[float | None]]]:
    found: dict[str, dict[RowOrder, list[float | None]]] = json.loads(SHIPPED.read_text(encoding="utf-8"))
    return found


VIEW = View(
    "order",
    "Order and distance",
    _choose,
    _show,
    result=_result,
    notice=(
        "A network notices only what its weights can tell apart: a bag of rows has none for order.",
        "Being able to read a sequence is not being able to answer about it.",
    ),
    question="Why does the bag of rows recognise any digits at all, although it knows nothing of their order?",
)
