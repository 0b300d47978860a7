"""What the gradient flow view measures: one digit's gradient, and means over several digits, kept for all."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st
import torch
from jaxtyping import Float
from torch import Tensor

from seqviz.data.batch import Batch
from seqviz.data.transforms import BlankRows
from seqviz.instruments.gradients import GradientFlow, LayerGradients, gradient_flow, summed_cross_entropy
from seqviz.instruments.overflow import Overflow
from seqviz.networks.network import SequenceNetwork
from seqviz.palette import CELL_NAMES
from seqviz.snippets.subjects import Digit, GradientSetting, Network
from seqviz.ui.gradient_flow.levers import changed
from seqviz.ui.shell import caches
from seqviz.ui.shell.crowd import offload
from seqviz.ui.shell.memo import remembered

AVERAGED = 16  # digits behind a mean norm


@dataclass(frozen=True)
class Means:
    """Norms by layer and row, as means over the first `AVERAGED` test digits: they are there for all examples alike."""

    norms: Float[Tensor, "layers time"]
    direct: Float[Tensor, "layers time"]
    cells: Float[Tensor, "layers time"] | None  # mean ‖∂L/∂c_t‖ of an LSTM
    terms: Float[Tensor, "layers time"]  # norms of the steps' parts of ∂L/∂W_hh
    overflow: Overflow | None


@dataclass(frozen=True)
class Measured:
    """What the page shows of one network's gradient: the chosen digit's, and means over several digits."""

    network: Network
    model: SequenceNetwork
    layers: tuple[LayerGradients, ...]
    means: Means
    overflow: Overflow | None

    @property
    def name(self) -> str:
        return CELL_NAMES[self.network.spec.encoder.cell]


def measure(network: Network, setting: GradientSetting, digit: Digit) -> Measured:
    """The chosen digit's gradient, and the means, which other examples share; over long sequences both in one pass."""
    about = (network.name, network.version, setting)
    if setting.blank:
        return _together((*about, digit.key), setting, digit, network)
    flow = _of_digit((*about, digit.key), setting, digit, network)
    means = _means((*about, digit.data), setting, digit.data, network)
    return Measured(network, changed(network, setting), flow.layers, means, flow.overflow or means.overflow)


@remembered(96)
def _of_digit(about: tuple[object, ...], _setting: GradientSetting, _digit: Digit, _network: Network) -> GradientFlow:
    batch = Batch(_digit.image[None], torch.tensor([label_of(_digit, _network.model)]))
    return _flow_back(_network, _setting, batch)


@remembered(64)
def _means(about: tuple[object, ...], _setting: GradientSetting, _data: str, _network: Network) -> Means:
    flow = _flow_back(_network, _setting, caches.dataset(_data).test[:AVERAGED])
    return _means_of(flow.layers, flow.overflow)


@remembered(64)
def _together(about: tuple[object, ...], _setting: GradientSetting, _digit: Digit, _network: Network) -> Measured:
    others = caches.dataset(_digit.data).test[:AVERAGED]
    label = torch.tensor([label_of(_digit, _network.model)])
    batch = Batch(torch.cat([_digit.image[None], others.inputs]), torch.cat([label, others.targets]))
    flow = _flow_back(_network, _setting, batch)
    means = _means_of([layer.samples(slice(1, None)) for layer in flow.layers], flow.overflow)
    layers = tuple(layer.samples(slice(0, 1)) for layer in flow.layers)
    return Measured(_network, changed(_network, _setting), layers, means, flow.overflow)


def _means_of(layers: Sequence[LayerGradients], overflow: Overflow | None) -> Means:
    cells = [layer.cell_grad.double().norm(dim=-1).mean(dim=0) for layer in layers if layer.cell_grad is not None]
    return Means(
        torch.stack([layer.norms.mean(dim=0) for layer in layers]),
        torch.stack([layer.direct.double().norm(dim=-1).mean(dim=0) for layer in layers]),
        torch.stack(cells) if cells else None,
        torch.stack([layer.term_norms("weight_hh") for layer in layers]),
        overflow,
    )


def _flow_back(network: Network, setting: GradientSetting, batch: Batch) -> GradientFlow:
    batch = replace(batch, inputs=BlankRows(setting.blank)(batch.inputs))
    return offload(gradient_flow, changed(network, setting), batch, summed_cross_entropy, truncate=setting.truncate)


def label_of(digit: Digit, model: SequenceNetwork) -> int:
    """The digit's class; a drawing's is what the network takes it for."""
    with torch.no_grad():
        return int(model(digit.image[None]).argmax()) if digit.label is None else digit.label


@st.cache_resource(show_spinner="Reading the snapshots …", max_entries=32)
def norms_by_step(
    name: str, version: int, steps: tuple[int, ...], layer: int, _network: Network
) -> Float[Tensor, "steps time"]:
    batch = caches.dataset("digits").test[:AVERAGED]
    flows = (gradient_flow(caches.earlier(_network, step), batch, summed_cross_entropy).layers for step in steps)
    return torch.stack([layers[min(layer, len(layers) - 1)].norms.mean(dim=0) for layers in flows])
