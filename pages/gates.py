"""Gates: what lets a memory in, keeps it, and lets it out."""

import streamlit as st

from seqviz.instruments import read, reading_arrays, to_npz
from seqviz.ui import cranking, gating, operating, snippets
from seqviz.ui.choices import choose_digit, choose_layer, choose_network, choose_source
from seqviz.ui.frame import closing, code, opening, plain_errors
from seqviz.ui.state import pick

VIEWS = {"watch": "Watch", "read": "Read", "operate": "Operate", "crank": "Crank by hand"}

opening(
    "Gates",
    "Gates decide, row by row and unit by unit, what a memory takes in, keeps and shows: watch all of them, read one "
    "with its numbers, or take hold of one and see what breaks.",
)
with plain_errors():
    view = pick("What to do", list(VIEWS), "view", names=VIEWS.__getitem__)
    if view == "crank":
        cranking.turn()
    else:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            network = choose_network("Network", "model", default="lstm")
            source = choose_source()
            layer = choose_layer(network)
            digit = choose_digit(source, "sample")
        if view == "watch":
            gating.watch(network, digit, source, layer)
        elif view == "read":
            gating.read(network, digit, layer)
        else:
            operating.operate(network, digit, source, layer)
        st.download_button(
            "Numbers (NPZ)",
            lambda: to_npz(reading_arrays(read(network.model, digit.image))),
            f"seqviz-gates-{network.name}.npz",
            on_click="ignore",
        )
        code(
            snippets.gates(network, digit),
            "Plain PyTorch: every gate and state of the first layer, from its weights.",
        )
closing(
    [
        "A forget gate near 1 and an input gate near 0 mean: nothing new, keep what is there.",
        "Few units are always open or always closed; most gates follow the ink.",
        "Silencing one unit rarely changes the answer. Holding one gate open for all units often does.",
    ],
    "Hold the forget gate at 1 from row 10. Why does the network still answer, and why is it more often wrong?",
)
