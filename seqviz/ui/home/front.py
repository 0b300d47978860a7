"""The front page: the one picture that carries everything, moving, and where each page leads."""

import streamlit as st

from seqviz import snippets
from seqviz.instruments.sequence_trace import trace_sequence
from seqviz.timelines.memory import memory_timeline
from seqviz.ui.shell import caches
from seqviz.ui.shell.choices import digit_of
from seqviz.ui.shell.contents import GROUPS
from seqviz.ui.shell.frame import code
from seqviz.ui.shell.player import player
from seqviz.ui.shell.stage import View, nothing

LINKS = 270  # pixels that the links take below the player


def _show(_: None) -> None:
    gru = caches.network("gru")
    digit = digit_of("digits", 7)
    behind = caches.paths_behind(gru.name, gru.version, digit.data, gru)
    reading = trace_sequence(gru.model, digit, behind, "similarity")
    player(memory_timeline(reading), key="home", autoplay=True, below=LINKS)
    groups = {name: pages for name, pages in GROUPS.items() if name}
    for column, (name, pages) in zip(st.columns(len(groups)), groups.items(), strict=True):
        with column, st.container(gap="xxsmall"):
            st.markdown(f"**{name}**")
            for page in pages:
                st.page_link(page.file, label=page.title, icon=f":material/{page.icon}:", help=page.leads)
    code(snippets.hidden_states(gru, digit), "The numbers above, in plain PyTorch, run from SeqViz's folder.")


VIEW = View(
    "home",
    "Watch a network remember",
    nothing,
    _show,
    notice=(
        "The first rows are blank, and yet the state moves: the biases alone push it. The big changes come with ink.",
        "The answer wavers while rows come in. The dashed line marks the row from which it no longer changes.",
    ),
    question="How many rows does the network need before it is sure? Is that more or fewer than you need?",
)
