"""The controls that the views of Shapes share: which layer, of which sizes, and what it reads."""

from dataclasses import dataclass
from functools import cached_property

from torch import Tensor, nn

from seqviz.instruments.layer_shapes import make_layer, sample_inputs
from seqviz.palette import CELL_NAMES
from seqviz.specs import CELLS, RecurrentSpec
from seqviz.ui.shell.url import pick, switch, whole

BATCH, TIME = 2, 3
"""Sequences and steps that are shown with their numbers."""


@dataclass(frozen=True)
class LayerSetting:
    """A layer with its weights, and the numbers that it reads."""

    spec: RecurrentSpec
    inputs: int
    seed: int

    @cached_property
    def layer(self) -> nn.RNNBase:
        return make_layer(self.spec, self.inputs, self.seed)

    @cached_property
    def x(self) -> Tensor:
        return sample_inputs(BATCH, TIME, self.inputs, self.seed)

    @property
    def name(self) -> str:
        return f"nn.{CELL_NAMES[self.spec.cell]}"


def choose_layer(*, deep: bool = True) -> LayerSetting:
    """The cell and the sizes; `deep` ones may have layers and directions."""
    cell = pick("Cell", CELLS, "shape_cell", names=CELL_NAMES, default="gru")
    inputs = whole("Numbers at each step (input)", "shape_inputs", slider=True)
    hidden = whole("Units (hidden)", "shape_hidden", slider=True)
    layers, both = 1, False
    if deep:
        layers = whole("Layers", "shape_layers", width=130)
        both = switch("Both directions", "shape_both")
    return LayerSetting(RecurrentSpec(cell, hidden, layers, both), inputs, whole("Seed", "shape_seed", width=130))
