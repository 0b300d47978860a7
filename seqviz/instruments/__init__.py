"""What looks inside a network and returns frozen results."""

from seqviz.instruments.arrays import reading_arrays, to_npz
from seqviz.instruments.attribution import COMPLETE, METHODS, Attribution, Method, Target, attribute
from seqviz.instruments.baselines import BASELINES, baseline_image
from seqviz.instruments.conductance import Flow, UnitFlow, unit_drivers, unit_flow
from seqviz.instruments.crank import Weights, crank, single_unit
from seqviz.instruments.edits import KINDS, Edit, Kind
from seqviz.instruments.gates import KEEPERS, GateStatistics, gate_statistics
from seqviz.instruments.gradients import GradientFlow, LayerGradients, Overflow, gradient_flow, half_gone
from seqviz.instruments.grading import (
    Grade,
    Likeness,
    agreement_with_votes,
    grade,
    likeness_under_ruin,
    ruined,
)
from seqviz.instruments.jacobians import StateJacobians, spectral_norm, spectral_radius, state_jacobians
from seqviz.instruments.microscope import CellMoment, Contribution, GateSum, examine
from seqviz.instruments.order import UNIT_ORDERS, UnitOrder, unit_order
from seqviz.instruments.paths import StatePaths, state_paths
from seqviz.instruments.profiles import class_profiles
from seqviz.instruments.reading import Background, Reading, background, read
from seqviz.instruments.removal import By, First, RemovalCurve, removal_curve, removal_order, with_removed
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
from seqviz.instruments.text_attribution import TEXT_METHODS, TextMethod, attribute_letter, reach
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
    "BASELINES",
    "COMPLETE",
    "EXACT",
    "KEEPERS",
    "KINDS",
    "METHODS",
    "PROPERTIES",
    "TEXT_METHODS",
    "UNIT_ORDERS",
    "AnswerByRow",
    "Attribution",
    "Background",
    "Beam",
    "By",
    "Candidate",
    "CellMoment",
    "Contribution",
    "Edit",
    "First",
    "Flow",
    "GateStatistics",
    "GateSum",
    "Grade",
    "GradientFlow",
    "Kind",
    "LayerGradients",
    "Lesions",
    "Likeness",
    "Match",
    "Method",
    "Overflow",
    "Reading",
    "RemovalCurve",
    "RowVotes",
    "SampleStep",
    "StateJacobians",
    "StatePaths",
    "Style",
    "Target",
    "TextMethod",
    "Trace",
    "UnitFlow",
    "UnitOrder",
    "UnitScores",
    "Weights",
    "Writing",
    "accuracy_by_rows_kept",
    "agreement_with_votes",
    "answer_by_row",
    "attribute",
    "attribute_letter",
    "background",
    "baseline_image",
    "beam_search",
    "class_profiles",
    "crank",
    "entropy",
    "evaluate",
    "evaluate_in_batches",
    "examine",
    "gate_statistics",
    "grade",
    "gradient_flow",
    "half_gone",
    "layer_traces",
    "lesions_of_digit",
    "lesions_of_split",
    "likeness_under_ruin",
    "next_token_distribution",
    "opening_text",
    "properties",
    "reach",
    "read",
    "read_units",
    "reading_arrays",
    "removal_curve",
    "removal_order",
    "row_votes",
    "ruined",
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
    "unit_drivers",
    "unit_flow",
    "unit_order",
    "unit_scores",
    "with_removed",
    "words_of",
]
