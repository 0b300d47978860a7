"""The same thing has the same colour everywhere (Okabe and Ito 2008, safe for colour-blind viewers)."""

from typing import Literal

from seqviz.specs import Attention, Cell, HeadKind

Mode = Literal["light", "dark"]

CELL_COLOURS: dict[Cell, str] = {"rnn": "#E69F00", "gru": "#009E73", "lstm": "#0072B2"}
HEAD_NAMES: dict[HeadKind, str] = {
    "last": "last row",
    "concat": "all rows (concat)",
    "mean": "mean",
    "max": "maximum",
    "attention": "attention",
    "each_step": "each step",
}
TEXT_HEAD_NAMES: dict[HeadKind, str] = HEAD_NAMES | {"last": "last state"}
"""Those of networks that read texts, which have no rows."""
ATTENTION_NAMES: dict[Attention, str] = {
    "none": "no attention",
    "dot": "dot-product attention",
    "additive": "additive attention",
}
CELL_NAMES: dict[Cell, str] = {"rnn": "RNN", "gru": "GRU", "lstm": "LSTM"}
GATE_COLOURS: dict[str, str] = {
    "input": "#56B4E9",
    "forget": "#D55E00",
    "output": "#CC79A7",
    "candidate": "#F0E442",
    "cell": "#0072B2",
    "reset": "#D55E00",
    "update": "#56B4E9",
    "new": "#F0E442",
}
NEGATIVE, POSITIVE = "#0072B2", "#D55E00"
"""The ends of the one diverging map; its zero is the page's background."""

PAPER: dict[Mode, str] = {"light": "#ffffff", "dark": "#11151c"}
INK: dict[Mode, str] = {"light": "#0e1116", "dark": "#e8eaee"}
"""ReferencePaths and text of each mode, as in `.streamlit/config.toml`; from paper to ink runs the map for [0, 1]."""
