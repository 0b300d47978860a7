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
NOTICE = {
    "flow": [
        "Before training the gradient fades in every cell; training opens the gates, and W_hh grows, until it arrives.",
        "Set the forget gate's bias to 3: the LSTM's gradient arrives before any training. The RNN has no such gate.",
    ],
    "theory": [
        "Nothing lies above the bound. Far below it, tanh is saturated, or W_hh turns the gradient another way.",
        "ρ tells how a gradient decays in the long run, λ how much it can grow at once; ρ is never above λ.",
    ],
    "clip": [
        "One step with an exploded gradient throws the weights so far that nothing can be computed any more.",
        "Clipping keeps the direction and bounds the length. A gradient that has faded is short already.",
    ],
    "distance": [
        "All cells have as many parameters and learn the same thing when it is near. Distance alone separates them.",
        "The RNN does not fail for lack of room: its gradient does not reach the rows that matter.",
    ],
}
QUESTION = {
    "flow": "Append 50 blank rows. Which cell can still learn from the first row of ink, and by which path?",
    "theory": "At which spectral radius does the RNN's gradient neither fade nor explode? Does tanh let it stay there?",
    "clip": "Why does clipping rescue one network and not the other, although both learn nothing without it?",
    "distance": "Set the bias of the keeping gate to 0. Why does the distance that can be learned shrink so much?",
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
closing(NOTICE[view], QUESTION[view])
