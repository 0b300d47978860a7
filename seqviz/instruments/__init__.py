"""What looks inside a network and returns frozen results."""

from seqviz.instruments.arrays import reading_arrays, to_npz
from seqviz.instruments.order import UNIT_ORDERS, UnitOrder, unit_order
from seqviz.instruments.paths import StatePaths, state_paths
from seqviz.instruments.profiles import class_profiles
from seqviz.instruments.reading import Background, Reading, background, read
from seqviz.instruments.trace import Trace, layer_traces, settled_step, trace

__all__ = [
    "UNIT_ORDERS",
    "Background",
    "Reading",
    "StatePaths",
    "Trace",
    "UnitOrder",
    "background",
    "class_profiles",
    "layer_traces",
    "read",
    "reading_arrays",
    "settled_step",
    "state_paths",
    "to_npz",
    "trace",
    "unit_order",
]
