"""What the views of Gates share: the unit that is looked at, and PyTorch's convention for the update gate."""

import streamlit as st

from seqviz.snippets.subjects import Network
from seqviz.ui.shell.player import Pin
from seqviz.ui.shell.url import assign, remember, whole

GRU_CONVENTION = "PyTorch's convention: an update gate z near 1 keeps the memory. Some books write the opposite."


def convention(*networks: Network) -> None:
    """Which way round PyTorch's update gate is, where a GRU is on screen."""
    if any(network.spec.encoder.cell == "gru" for network in networks):
        st.caption(GRU_CONVENTION)


def choose_unit(network: Network) -> int:
    last = network.spec.encoder.hidden_size - 1
    return whole("Unit", 0, last, 0, "unit", help="Or click a heatmap or a dot.", width=400, slider=True)


def pin(chosen: Pin) -> None:
    """A unit that was clicked is the page's unit, whether or not a slider shows it."""
    assert chosen["unit"] is not None
    assign("unit", chosen["unit"])
    remember("unit", chosen["unit"])
