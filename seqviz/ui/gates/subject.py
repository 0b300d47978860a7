"""What the views of Gates share: the network and what it reads, the unit that is looked at, PyTorch's update gate."""

from dataclasses import dataclass

import streamlit as st
from torch import Tensor

from seqviz.data.examples import Example
from seqviz.palette import CELL_NAMES
from seqviz.snippets.subjects import Network
from seqviz.ui.shell.choices import choose_any_network, choose_example, choose_layer
from seqviz.ui.shell.player import Pin
from seqviz.ui.shell.url import assign, recalled, remember, whole

GRU_CONVENTION = "PyTorch's convention: an update gate z near 1 keeps the memory. Some books write the opposite."


@dataclass(frozen=True)
class Subject:
    """A network that reads an example, and the layer that is looked at."""

    network: Network
    example: Example
    layer: int

    @property
    def title(self) -> str:
        return f"{CELL_NAMES[self.network.spec.encoder.cell]} reads {self.example.title}"

    @property
    def inputs(self) -> Tensor:
        """What the network reads, as a batch of one."""
        return self.example.inputs(self.network.spec)[None]

    @property
    def unit(self) -> int:
        """The unit that the page looks at, whether or not a slider shows it."""
        return recalled("unit", self.network.spec.encoder.hidden_size, "Unit") or 0


def choose_subject() -> Subject:
    network = choose_any_network("Network", "model", default="lstm")
    example = choose_example(network)
    return Subject(network, example, choose_layer(network))


def convention(*networks: Network) -> None:
    """Which way round PyTorch's update gate is, where a GRU is on screen."""
    if any(network.spec.encoder.cell == "gru" for network in networks):
        st.caption(GRU_CONVENTION)


def choose_unit(network: Network) -> int:
    last = network.spec.encoder.hidden_size - 1
    return whole("Unit", "unit", high=last, help="Or click a heatmap or a dot.", width=400, slider=True)


def pin(chosen: Pin) -> None:
    """A unit that was clicked is the page's unit, whether or not a slider shows it."""
    assert chosen["unit"] is not None
    assign("unit", chosen["unit"])
    remember("unit", chosen["unit"])
