"""The levers of the Gradient flow page: which network, at which point of its training, and what is changed in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import streamlit as st

from seqviz.data.examples import Example
from seqviz.networks.modifications import INITIALISATIONS, Modifications, with_modifications
from seqviz.networks.network import SequenceNetwork
from seqviz.palette import CELL_NAMES
from seqviz.snippets.subjects import GradientSetting, Network
from seqviz.specs import CELLS, CLASSIFIER_HEADS, NONLINEARITIES, TEXT_HEADS, HeadKind, Nonlinearity
from seqviz.ui.shell import caches
from seqviz.ui.shell.choices import choose_example, choose_layer
from seqviz.ui.shell.memo import remembered
from seqviz.ui.shell.parameters import AS_IT_IS
from seqviz.ui.shell.url import choose, forget, slide

TOGETHER: dict[str, Sequence[str]] = {"cells": CELLS, "words-cells": ("words-planted-rnn", "words-planted-lstm")}
TOGETHER_NAMES = {"cells": "RNN, GRU and LSTM (shipped)", "words-cells": "Words: RNN and LSTM (shipped)"}
NAMES: dict[str, str] = {
    AS_IT_IS: AS_IT_IS,
    "default": "PyTorch's default",
    "orthogonal": "orthogonal",
    "identity": "identity",
    "xavier": "Xavier",
}
KEYS = ("init", "radius", "activation", "bias", "blank", "chunk", "new_head", "after")


@dataclass(frozen=True)
class Subject:
    """Networks with the levers where they stand, the example that they read, and the layer that is looked at."""

    networks: Sequence[Network]
    setting: GradientSetting
    example: Example
    layer: int


def choose_subject() -> Subject:
    networks = _choose_networks()
    example = choose_example(networks[0])
    layer = choose_layer(networks[0]) if len(networks) == 1 else 0
    setting = _choose_setting(networks)
    _warn(networks, setting)
    return Subject(networks, setting, example, layer)


def _choose_networks() -> list[Network]:
    """The shipped cells on one clock, or one network."""
    names = TOGETHER_NAMES | {name: caches.network_title(name) for name in caches.any_network_names()}
    chosen = choose("Networks", list(names), "networks", names=names, width=260)
    return [caches.network(name) for name in TOGETHER.get(chosen, [chosen])]


def _choose_setting(networks: list[Network]) -> GradientSetting:
    """Every lever as a control, and a button that takes all of them back."""
    steps, reads_words = _training_steps(networks), networks[0].spec.words is not None
    bias = slide("Bias of forget gate (GRU: update)", "bias", width=250)
    after = None
    if len(steps) > 1:
        names = [str(step) for step in steps]
        after = int(slide("After training step", "after", names, width=250))
    blank = 0 if reads_words else int(slide("Blank rows appended", "blank", width=190))
    with st.expander("More levers"):
        init = choose("Weights", list(NAMES), "init", names=NAMES, width=190)
        radius = slide("Spectral radius of W_hh", "radius", width=220)
        activation = choose("Activation of the RNN", [AS_IT_IS, *NONLINEARITIES], "activation", width=180)
        head = choose("Head", [AS_IT_IS, *(TEXT_HEADS if reads_words else CLASSIFIER_HEADS)], "new_head", width=130)
        chunk = slide("Truncate into chunks of", "chunk", width=190)
    st.button("Levers back", icon=":material/undo:", on_click=forget, args=(KEYS,))
    levers = Modifications(
        None if init == AS_IT_IS else next(one for one in INITIALISATIONS if one == init),
        None if activation == AS_IT_IS else cast(Nonlinearity, activation),
        None if bias == AS_IT_IS else float(bias),
        None if radius == AS_IT_IS else float(radius),
        28 + blank if blank or head == "concat" else None,
        None if head == AS_IT_IS else cast(HeadKind, head),
    )
    ended = all(network.checkpoint.step == after for network in networks)
    return GradientSetting(levers, None if ended else after, blank, _length(chunk))


def _training_steps(networks: list[Network]) -> tuple[int, ...]:
    """The training steps at which all of these networks were kept: their snapshots, and their checkpoints."""
    kept = [{*caches.snapshot_steps_of(network), network.checkpoint.step} for network in networks]
    return tuple(sorted(kept[0].intersection(*kept[1:])))


@remembered(64)
def _pulled(name: str, version: int, setting: GradientSetting, _network: Network) -> SequenceNetwork:
    model = _network.model if setting.after is None else caches.earlier(_network, setting.after)
    return with_modifications(model, setting.levers)


def changed(network: Network, setting: GradientSetting) -> SequenceNetwork:
    """A copy of the network with the levers where they stand."""
    return _pulled(network.name, network.version, setting, network)


def _warn(networks: list[Network], setting: GradientSetting) -> None:
    """What the levers did beside what they say."""
    levers = setting.levers
    for network in networks:
        name, spec = CELL_NAMES[network.spec.encoder.cell], network.spec
        new_head = levers.head not in (None, spec.head.kind) or (spec.head.kind == "concat" and setting.blank > 0)
        if new_head and levers.initialisation is None:
            st.caption(f"{name}: the head does not fit any more; a new, untrained one took its place.")
    if levers.initialisation is not None:
        st.caption("All weights are drawn anew, from seed 0: the training step makes no difference now.")
    if levers.nonlinearity and all(network.spec.encoder.cell != "rnn" for network in networks):
        st.caption("The activation is a plain RNN's; gates are always sigmoid and tanh.")


def _length(chunk: str) -> int | None:
    return None if chunk == "whole" else int(chunk)
