"""The front page: the one picture that carries everything, moving."""

import streamlit as st

from seqviz import snippets
from seqviz.instruments.sequence_trace import trace_sequence
from seqviz.timelines.memory import memory_timeline
from seqviz.ui.shell import caches
from seqviz.ui.shell.choices import digit_of
from seqviz.ui.shell.frame import code, plain_errors
from seqviz.ui.shell.player import player
from seqviz.ui.shell.stage import closing, opening

SENTENCE = (
    "A handwritten digit is read row by row, 28 rows of 28 pixels, and the memory of a recurrent network (a GRU with "
    "128 units) changes with every row."
)

opening("Watch a network remember", SENTENCE)

with plain_errors():
    gru = caches.network("gru")
    digit = digit_of("digits", 7)
    behind = caches.paths_behind(gru.name, gru.version, digit.data, gru.model)
    player(memory_timeline(trace_sequence(gru.model, digit.image, behind, "similarity")), key="home", autoplay=True)
    code(snippets.hidden_states(gru, digit), "The numbers above, in plain PyTorch, run from the project's folder.")

with st.container(horizontal=True):
    st.page_link("hidden_states.py", label="Choose the network, or draw a digit", icon=":material/draw:")
    st.page_link("gates.py", label="See what gates let through", icon=":material/tune:")
    st.page_link("gradient_flow.py", label="Watch the gradient fade", icon=":material/waterfall_chart:")
    st.page_link("train.py", label="Train a network while you watch", icon=":material/model_training:")

closing(
    SENTENCE,
    [
        "The first rows are blank, and yet the state moves: the biases alone push it. The big changes come with ink.",
        "The answer wavers while rows come in. The dashed line marks the row from which it no longer changes.",
    ],
    "How many rows does the network need before it is sure? Is that more or fewer than you need?",
)
