"""Gates: what lets a memory in, keeps it, and lets it out."""

import streamlit as st

from seqviz import snippets
from seqviz.instruments.arrays import reading_arrays, to_npz
from seqviz.instruments.sequence_trace import trace_sequence
from seqviz.ui.gates import operate, read, simulate, watch
from seqviz.ui.shell.choices import choose_digit, choose_layer, choose_network, choose_source
from seqviz.ui.shell.frame import code, plain_errors
from seqviz.ui.shell.stage import closing, controls, opening_with_views
from seqviz.ui.shell.url import recalled, recalled_step

VIEWS = {"watch": "Watch", "read": "Read", "operate": "Operate", "crank": "Crank by hand"}
NOTICE = {
    "watch": [
        "A forget gate near 1 and an input gate near 0 mean: nothing new, keep what is there.",
        "Few units are always open or always closed; most gates follow the ink.",
    ],
    "read": [
        "W_hh h outweighs W_ih x in six (LSTM) to eight (GRU, RNN) of ten sums: memory decides more than the row.",
        "A gate near 0 or 1 sits on the flat part of σ: a large change of its sum hardly moves it.",
    ],
    "operate": [
        "Silencing one unit of the LSTM or GRU costs next to nothing: memory is spread. In the RNN it can cost more.",
        "Hold the keeping gate at 1 from row 10: the LSTM loses two thirds of its answers, the GRU falls to chance.",
    ],
    "crank": [
        "A forget gate of 1 and a closed input gate hold a value for ever; a gate of 0.9 lets it leak away.",
        "The RNN has no gate to hold: only its weight of memory and the curve of tanh keep anything.",
    ],
}
QUESTION = {
    "watch": "Which gate changes most where the ink begins, and which where it ends?",
    "read": "Step to a blank row. Which terms are left of the sum, and what do they do to the state?",
    "operate": "With the forget gate at 1 nothing is forgotten. Why are most answers wrong all the same?",
    "crank": "What must the gates do to count pulses? Which cell cannot, and why?",
}

SENTENCE = (
    "Gates decide, row by row and unit by unit, what a memory takes in, keeps and shows: watch all of them, read one "
    "with its numbers, or take hold of one and see what breaks."
)

view = opening_with_views("Gates", SENTENCE, VIEWS, "view")
with plain_errors():
    if view == "crank":
        simulate.turn()
    else:
        with controls():
            network = choose_network("Network", "model", default="lstm")
            source = choose_source()
            layer = choose_layer(network)
            digit = choose_digit(source, "sample")
        if view == "operate":
            operate.operate(network, digit, source, layer)
        else:
            show = watch.watch if view == "watch" else read.read
            show(network, digit, source, layer)
            st.download_button(
                "Numbers (NPZ)",
                lambda: to_npz(reading_arrays(trace_sequence(network.model, digit.image))),
                f"seqviz-gates-{network.name}.npz",
                on_click="ignore",
            )
            unit, step = recalled("unit", network.spec.encoder.hidden_size) or 0, recalled_step(28)
            code(
                snippets.gates(network, digit, unit, read.MIDDLE if step is None else step),
                "Plain PyTorch: every gate and state of the first layer, from its weights.",
            )
closing(SENTENCE, NOTICE[view], QUESTION[view])
