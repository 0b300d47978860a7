"""What the tests of methods share: all methods, the results that ship, and the networks made for the tests."""

import json
from typing import Any

import streamlit as st

from seqviz.instruments.attribution import Method
from seqviz.networks.network import SequenceNetwork
from seqviz.training.checkpoints import load_checkpoint
from seqviz.ui.attribution import methods
from seqviz.ui.shell import caches

EVERY: tuple[Method, ...] = tuple(methods.ABOUT)


@st.cache_data(show_spinner=False)
def shipped() -> dict[str, Any]:
    """Grades, similarities and agreements of every method."""
    return json.loads((caches.MODELS / "planted.json").read_text(encoding="utf-8"))


@st.cache_resource(show_spinner=False)
def test_network(name: str) -> SequenceNetwork:
    """A network that was trained for a test alone."""
    model = load_checkpoint(caches.MODELS / f"{name}.safetensors").build()
    assert isinstance(model, SequenceNetwork)
    return model
