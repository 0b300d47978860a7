"""What looks inside a network and returns frozen results."""

from seqviz.instruments.order import UNIT_ORDERS, unit_order
from seqviz.instruments.paths import StatePaths, state_paths
from seqviz.instruments.profiles import class_profiles
from seqviz.instruments.trace import Trace, settled_step, trace

__all__ = ["UNIT_ORDERS", "StatePaths", "Trace", "class_profiles", "settled_step", "state_paths", "trace", "unit_order"]
