"""Order and distance: the same race on digits that are read another way, with two networks that have no memory."""

import json
from collections.abc import Mapping
from functools import partial

import pandas as pd
import streamlit as st

from seqviz.training import CONTESTANTS, READINGS, Reading, race_on_readings
from seqviz.ui import caches
from seqviz.ui.background import in_background
from seqviz.ui.state import whole

NAMES: dict[Reading, str] = {
    "plain": "as they are",
    "bottom-up": "bottom-up",
    "columns": "columns",
    "permuted": "rows shuffled, always the same way",
    "blank": "20 blank rows appended",
    "short": "only the first 20 rows (no training)",
}
SHIPPED = caches.MODELS / "orders.json"


def orders() -> None:
    """The table that ships, and the same live from another seed."""
    st.markdown(
        "Two LSTMs, a small CNN and a bag of rows (the mean of features of single rows) learn the embedded digits, "
        "read in different ways. Which of them notices that the rows were shuffled? Which can read 20 rows "
        "instead of 28?"
    )
    st.header("Measured", anchor=False)
    _table(_shipped())
    st.caption("Measured by scripts/orders: embedded digits, 10 epochs, mean of three seeds. Change is against plain.")
    st.markdown(
        "- The **bag of rows** adds up rows: shuffled and bottom-up digits are the same to it, to the last vote.\n"
        "- The **CNN** sees neighbouring rows; shuffled rows have other neighbours.\n"
        "- The **LSTM with all rows** has a weight for each of 28 rows and cannot read 20; the others end where the "
        "rows end."
    )
    st.header("Run it yourself", anchor=False)
    seed = whole("Seed", 0, 10**6, 3, "orders_seed", width=130)
    work = partial(race_on_readings, caches.dataset("digits"), seed)
    in_background(f"orders {seed}", f"Train {len(CONTESTANTS)} networks, {len(READINGS)} ways", work, _table)


def _table(found: Mapping[str, Mapping[str, float | None]]) -> None:
    rows = []
    for name, accuracies in found.items():
        row = {"network": name}
        plain = accuracies.get("plain")
        for reading, title in NAMES.items():
            if reading not in accuracies:
                row[title] = "…"
                continue
            value = accuracies[reading]
            change = f" ({(value - plain) * 100:+.1f})" if value is not None and plain and reading != "plain" else ""
            row[title] = "cannot" if value is None else f"{value:.1%}{change}"
        rows.append(row)
    st.dataframe(pd.DataFrame(rows), hide_index=True)


@st.cache_data(show_spinner=False)
def _shipped() -> dict[str, dict[str, float | None]]:
    found: dict[str, dict[str, float | None]] = json.loads(SHIPPED.read_text(encoding="utf-8"))
    return found
