"""All that is shown while a network reads one digit, gathered once."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqviz.data.batch import Batch, check_one_length
from seqviz.instruments.order import UnitOrder, unit_order
from seqviz.instruments.paths import StatePaths, state_paths
from seqviz.instruments.trace import Trace, layer_traces, trace
from seqviz.networks.network import SequenceNetwork
from seqviz.specs import ModelSpec

FITTED = 300  # digits that the plane is fitted to
SHOWN = 3  # paths drawn of each class


@dataclass(frozen=True)
class ReferencePaths:
    """The plane of one layer's hidden states, and the paths of a few digits of each class in it."""

    layer: int
    plane: StatePaths
    paths: Float[Tensor, "paths time 2"]
    labels: Int[Tensor, " paths"]


@dataclass(frozen=True)
class SequenceTrace:
    """One digit, read: the trace (batch of one), the units' order in each layer, and what other digits did."""

    spec: ModelSpec
    image: Float[Tensor, "time input"]
    trace: Trace
    orders: tuple[Int[Tensor, " hidden"], ...]
    background: ReferencePaths | None

    @property
    def path(self) -> Float[Tensor, "time 2"]:
        """The hidden state of the background's layer in its plane."""
        assert self.background is not None
        return self.background.plane.project(self.trace.layers[self.background.layer].hidden[0])


def reference_paths(model: SequenceNetwork, split: Batch) -> ReferencePaths:
    """Fit the plane of the last forward layer to the first digits of `split`, and keep three paths of each class.

    Raises:
        InputError: the sequences differ in length, or no plane fits their states.
    """
    split = split[:FITTED]
    check_one_length(split)
    layers = layer_traces(model, split)
    last = len(layers) - model.spec.encoder.directions
    hidden, labels = layers[last].hidden, split.targets
    plane = state_paths(hidden)
    shown = torch.cat([(labels == label).nonzero()[:SHOWN, 0] for label in sorted(set(labels.tolist()))])
    return ReferencePaths(last, plane, plane.project(hidden[shown]), labels[shown])


def trace_sequence(
    model: SequenceNetwork,
    image: Float[Tensor, "time input"],
    background: ReferencePaths | None = None,
    order: UnitOrder = "index",
) -> SequenceTrace:
    """Let the network read one digit. Units are ordered by what they do on this digit."""
    result = trace(model, image[None])
    orders = tuple(unit_order(layer.hidden[0], order) for layer in result.layers)
    return SequenceTrace(model.spec, image, result, orders, background)
