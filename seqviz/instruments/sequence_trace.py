"""All that is shown while a network reads one example, gathered once."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqviz.data.batch import Batch
from seqviz.data.examples import Example
from seqviz.instruments.order import UnitOrder, unit_order
from seqviz.instruments.paths import StatePaths, state_paths
from seqviz.instruments.trace import Trace, at_once, layer_traces, trace
from seqviz.networks.network import SequenceNetwork
from seqviz.specs import ModelSpec

FITTED = 300  # examples that the plane is fitted to
SHOWN = 3  # paths drawn of each class


@dataclass(frozen=True)
class ReferencePaths:
    """The plane of one layer's hidden states, and the paths of a few examples of each class in it.

    A path that ends before the longest one stays where it ended.
    """

    layer: int
    plane: StatePaths
    paths: Float[Tensor, "paths time 2"]
    labels: Int[Tensor, " paths"]


@dataclass(frozen=True)
class SequenceTrace:
    """One example, read: the trace (batch of one), the units' order in each layer, and what other examples did."""

    spec: ModelSpec
    example: Example
    trace: Trace
    orders: tuple[Int[Tensor, " hidden"], ...]
    background: ReferencePaths | None

    @property
    def path(self) -> Float[Tensor, "time 2"]:
        """The hidden state of the background's layer in its plane."""
        assert self.background is not None
        return self.background.plane.project(self.trace.layers[self.background.layer].hidden[0])


def reference_paths(model: SequenceNetwork, split: Batch) -> ReferencePaths:
    """Fit the plane of the last forward layer to the first examples of `split`, and keep three paths of each class.

    Raises:
        InputError: no plane fits their states.
    """
    split = split[: at_once(model, split, FITTED)]
    layers = layer_traces(model, split)
    last = len(layers) - model.spec.encoder.directions
    hidden, labels = layers[last].hidden, split.targets
    plane = state_paths(hidden, split.mask)
    shown = torch.cat([(labels == label).nonzero()[:SHOWN, 0] for label in sorted(set(labels.tolist()))])
    paths = hidden[shown]
    if split.lengths is not None:
        paths = torch.stack([held(path, int(end)) for path, end in zip(paths, split.lengths[shown], strict=True)])
    return ReferencePaths(last, plane, plane.project(paths), labels[shown])


def held(path: Float[Tensor, "time hidden"], end: int) -> Float[Tensor, "time hidden"]:
    """A path that stays where it is after `end` steps."""
    return path[torch.arange(len(path)).clamp(max=end - 1)]


def trace_sequence(
    model: SequenceNetwork,
    example: Example,
    background: ReferencePaths | None = None,
    order: UnitOrder = "index",
) -> SequenceTrace:
    """Let the network read one example. Units are ordered by what they do on it.

    Raises:
        InputError: the network cannot read it.
    """
    result = trace(model, example.inputs(model.spec)[None])
    orders = tuple(unit_order(layer.hidden[0], order) for layer in result.layers)
    return SequenceTrace(model.spec, example, result, orders, background)
