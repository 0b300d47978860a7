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
from seqviz.instruments.sampling import (
    Candidate,
    SampleStep,
    entropy,
    next_token_distribution,
    opening_text,
    sample,
)
from seqviz.instruments.scoring import Lesions, evaluate, evaluate_in_batches, lesions_of_digit, lesions_of_split
from seqviz.instruments.side_by_side import Beam, Writing, beam_search, sample_side_by_side
from seqviz.instruments.text_units import (
    PROPERTIES,
    Match,
    UnitScores,
    properties,
    read_units,
    similar_stretches,
    unit_scores,
)
from seqviz.instruments.trace import Trace, layer_traces, settled_step, trace
from seqviz.instruments.votes import EXACT, AnswerByRow, RowVotes, accuracy_by_rows_kept, answer_by_row, row_votes
from seqviz.instruments.writing_style import Style, style, temperature_curve, words_of

__all__ = [
    "EXACT",
    "KEEPERS",
    "KINDS",
    "PROPERTIES",
    "UNIT_ORDERS",
    "AnswerByRow",
    "Background",
    "Beam",
    "Candidate",
    "CellMoment",
    "Contribution",
    "Edit",
    "GateStatistics",
    "GateSum",
    "GradientFlow",
    "Kind",
    "LayerGradients",
    "Lesions",
    "Match",
    "Overflow",
    "Reading",
    "RowVotes",
    "SampleStep",
    "StateJacobians",
    "StatePaths",
    "Style",
    "Trace",
    "UnitOrder",
    "UnitScores",
    "Weights",
    "Writing",
    "accuracy_by_rows_kept",
    "answer_by_row",
    "background",
    "beam_search",
    "class_profiles",
    "crank",
    "entropy",
    "evaluate",
    "evaluate_in_batches",
    "examine",
    "gate_statistics",
    "gradient_flow",
    "half_gone",
    "layer_traces",
    "lesions_of_digit",
    "lesions_of_split",
    "next_token_distribution",
    "opening_text",
    "properties",
    "read",
    "read_units",
    "reading_arrays",
    "row_votes",
    "sample",
    "sample_side_by_side",
    "settled_step",
    "similar_stretches",
    "single_unit",
    "spectral_norm",
    "spectral_radius",
    "state_jacobians",
    "state_paths",
    "style",
    "temperature_curve",
    "to_npz",
    "trace",
    "unit_order",
    "unit_scores",
    "words_of",
]
