"""What looks inside a network and returns frozen results."""

from seqviz.instruments.arrays import reading_arrays, to_npz
from seqviz.instruments.crank import Weights, crank, single_unit
from seqviz.instruments.edits import KINDS, Edit, Kind
from seqviz.instruments.gates import KEEPERS, GateStatistics, gate_statistics
from seqviz.instruments.gradients import GradientFlow, LayerGradients, Overflow, gradient_flow, half_gone
from seqviz.instruments.jacobians import StateJacobians, spectral_norm, spectral_radius, state_jacobians
from seqviz.instruments.microscope import CellMoment, Contribution, GateSum, examine
from seqviz.instruments.order import UNIT_ORDERS, UnitOrder, unit_order
from seqviz.instruments.paths import StatePaths, state_paths
from seqviz.instruments.profiles import class_profiles
from seqviz.instruments.reading import Background, Reading, background, read
from seqviz.instruments.scoring import Lesions, evaluate, evaluate_in_batches, lesions_of_digit, lesions_of_split
from seqviz.instruments.trace import Trace, layer_traces, settled_step, trace
from seqviz.instruments.votes import EXACT, AnswerByRow, RowVotes, accuracy_by_rows_kept, answer_by_row, row_votes

__all__ = [
    "EXACT",
    "KEEPERS",
    "KINDS",
    "UNIT_ORDERS",
    "AnswerByRow",
    "Background",
    "CellMoment",
    "Contribution",
    "Edit",
    "GateStatistics",
    "GateSum",
    "GradientFlow",
    "Kind",
    "LayerGradients",
    "Lesions",
    "Overflow",
    "Reading",
    "RowVotes",
    "StateJacobians",
    "StatePaths",
    "Trace",
    "UnitOrder",
    "Weights",
    "accuracy_by_rows_kept",
    "answer_by_row",
    "background",
    "class_profiles",
    "crank",
    "evaluate",
    "evaluate_in_batches",
    "examine",
    "gate_statistics",
    "gradient_flow",
    "half_gone",
    "layer_traces",
    "lesions_of_digit",
    "lesions_of_split",
    "read",
    "reading_arrays",
    "row_votes",
    "settled_step",
    "single_unit",
    "spectral_norm",
    "spectral_radius",
    "state_jacobians",
    "state_paths",
    "to_npz",
    "trace",
    "unit_order",
]
