"""Gradient flow: the learning signal on its way back, dying, exploding or arriving."""

import streamlit as st

from seqviz.ui import clipping, distances, flowing
from seqviz.ui.choices import choose_digit, choose_layer, choose_source
from seqviz.ui.frame import closing, opening, plain_errors
from seqviz.ui.levers import choose_networks, choose_setting, warnings
from seqviz.ui.state import pick

VIEWS = {
    "flow": "Watch it flow back",
    "theory": "Theory beside measurement",
    "clip": "Explode and clip",
    "distance": "Learn over a distance",
}

opening(
    "Gradient flow",
    "After the last row the loss sends its gradient back, row by row, to everything that caused it: watch how much "
    "arrives, and what makes it fade or explode.",
)
with plain_errors():
    view = pick("What to do", list(VIEWS), "part", names=VIEWS.__getitem__)
    if view == "clip":
        clipping.clip()
    elif view == "distance":
        distances.learn()
    else:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            networks = choose_networks()
            digit = choose_digit(choose_source(), "sample")
            layer = choose_layer(networks[0]) if len(networks) == 1 else 0
        setting = choose_setting(networks)
        warnings(networks, setting)
        if view == "flow":
            flowing.flow(networks, setting, digit, layer)
            flowing.over_training(networks, layer)
        else:
            flowing.theory(networks, setting, digit, layer)
closing(
    [
        "Before training the gradient fades in every cell. Training opens the gates, and W_hh grows, until it arrives.",
        "A forget gate with bias 2 lets the LSTM's gradient through before any training; the RNN has no such gate.",
        "Above the bound nothing can be; below it a saturated tanh takes more away.",
    ],
    "Append 50 blank rows. Which cell can still learn from the first row of ink, and by which path does it come?",
)
