"""What the gradient flow view measures: one example's gradient, and means over several of as many steps."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import streamlit as st
import torch
from jaxtyping import Float
from torch import Tensor

from seqviz.data.batch import Batch
from seqviz.data.examples import Digit, Example
from seqviz.data.transforms import BlankRows
from seqviz.instruments.gradients import GradientFlow, LayerGradients, gradient_flow, summed_cross_entropy
from seqviz.instruments.overflow import Overflow
from seqviz.networks.network import SequenceNetwork
from seqviz.palette import CELL_NAMES
from seqviz.snippets.subjects import GradientSetting, Network
from seqviz.ui.gradient_flow.levers import changed
from seqviz.ui.shell import caches
from seqviz.ui.shell.crowd import offload
from seqviz.ui.shell.memo import remembered

AVERAGED = 16  # examples behind a mean norm, where there are so many


@dataclass(frozen=True)
class Means:
    """Norms by layer and step, as means over `count` test examples of one length; 0: there are none but the example."""

    count: int
    norms: Float[Tensor, "layers time"]
    direct: Float[Tensor, "layers time"]
    cells: Float[Tensor, "layers time"] | None  # mean ‖∂L/∂c_t‖ of an LSTM
    terms: Float[Tensor, "layers time"]  # norms of the steps' parts of ∂L/∂W_hh
    overflow: Overflow | None


@dataclass(frozen=True)
class Measured:
    """What the page shows of one network's gradient: the chosen example's, and means over several."""

    network: Network
    model: SequenceNetwork
    layers: tuple[LayerGradients, ...]
    means: Means
    overflow: Overflow | None

    @property
    def name(self) -> str:
        return CELL_NAMES[self.network.spec.encoder.cell]


def measure(network: Network, setting: GradientSetting, example: Example) -> Measured:
    """The example's gradient, and the means, which others of its length share; over long sequences both in one pass."""
    about = (network.name, network.version, setting, example.key)
    if setting.blank:
        return _together(about, setting, example, network)
    flow = _of_example(about, setting, example, network)
    means = _means(_about_means(network, setting, example), setting, example, network)
    return Measured(network, changed(network, setting), flow.layers, means, flow.overflow or means.overflow)


def _about_means(network: Network, about: Hashable, example: Example) -> tuple[Hashable, ...]:
    """What means depend on: of texts their length, and the text itself where there is no other of its length."""
    there = caches.of_equal_length(network, example, 1) is not None
    return network.name, network.version, about, example.data, len(example), None if there else example.key


@remembered(96)
def _of_example(
    about: tuple[Hashable, ...], _setting: GradientSetting, _example: Example, _network: Network
) -> GradientFlow:
    return _flow_back(_network, _setting, _batch(_example, _network))


@remembered(64)
def _means(about: tuple[Hashable, ...], _setting: GradientSetting, _example: Example, _network: Network) -> Means:
    others = caches.of_equal_length(_network, _example, AVERAGED)
    flow = _flow_back(_network, _setting, _batch(_example, _network) if others is None else others)
    return _means_of(flow.layers, 0 if others is None else len(others), flow.overflow)


@remembered(64)
def _together(about: tuple[Hashable, ...], _setting: GradientSetting, _example: Example, _network: Network) -> Measured:
    others, own = caches.of_equal_length(_network, _example, AVERAGED), _batch(_example, _network)
    assert others is not None, "blank rows are appended to digits, which are all of one length"
    batch = Batch(torch.cat([own.inputs, others.inputs]), torch.cat([own.targets, others.targets]))
    flow = _flow_back(_network, _setting, batch)
    means = _means_of([layer.samples(slice(1, None)) for layer in flow.layers], len(others), flow.overflow)
    layers = tuple(layer.samples(slice(0, 1)) for layer in flow.layers)
    return Measured(_network, changed(_network, _setting), layers, means, flow.overflow)


def _means_of(layers: Sequence[LayerGradients], count: int, overflow: Overflow | None) -> Means:
    cells = [layer.cell_grad.double().norm(dim=-1).mean(dim=0) for layer in layers if layer.cell_grad is not None]
    return Means(
        count,
        torch.stack([layer.norms.mean(dim=0) for layer in layers]),
        torch.stack([layer.direct.double().norm(dim=-1).mean(dim=0) for layer in layers]),
        torch.stack(cells) if cells else None,
        torch.stack([layer.term_norms("weight_hh") for layer in layers]),
        overflow,
    )


def _batch(example: Example, network: Network) -> Batch:
    label = torch.tensor([caches.label_of(network.model, example)])
    return Batch(example.inputs(network.spec)[None], label)


def _flow_back(network: Network, setting: GradientSetting, batch: Batch) -> GradientFlow:
    if setting.blank:
        batch = replace(batch, inputs=BlankRows(setting.blank)(batch.inputs))
    return offload(gradient_flow, changed(network, setting), batch, summed_cross_entropy, truncate=setting.truncate)


def norms_by_step(
    network: Network, steps: tuple[int, ...], layer: int, example: Example
) -> Float[Tensor, "steps time"]:
    """The mean norms after each of these training steps; of digits, those that are embedded."""
    of = Digit(example.image) if isinstance(example, Digit) else example
    return _norms_by_step(_about_means(network, (steps, layer), of), network, steps, layer, of)


@st.cache_resource(show_spinner="Reading the snapshots …", max_entries=32)
def _norms_by_step(
    about: tuple[Hashable, ...], _network: Network, _steps: tuple[int, ...], _layer: int, _example: Example
) -> Float[Tensor, "steps time"]:
    batch = caches.of_equal_length(_network, _example, AVERAGED) or _batch(_example, _network)
    flows = (gradient_flow(caches.earlier(_network, step), batch, summed_cross_entropy).layers for step in _steps)
    return torch.stack([layers[min(_layer, len(layers) - 1)].norms.mean(dim=0) for layers in flows])
