"""The recurrent networks: built from a spec, run fused, or unrolled one step after another."""

from seqviz.networks.baselines import Baseline, BaselineSpec, build_baseline
from seqviz.networks.build import GateParameters, ParameterCounts, build_model, matched, parameter_counts
from seqviz.networks.classifier import SequenceClassifier
from seqviz.networks.evaluation import Evaluation, Mistake, evaluate, evaluate_in_batches, summarize
from seqviz.networks.levers import INITIALISATIONS, Initialisation, Levers, pulled
from seqviz.networks.objective import correct, objective
from seqviz.networks.unroll import (
    Direction,
    Intervention,
    LayerTrace,
    RecurrentLayer,
    State,
    Step,
    recurrent_layers,
    unroll,
    unroll_stack,
)

__all__ = [
    "INITIALISATIONS",
    "Baseline",
    "BaselineSpec",
    "Direction",
    "Evaluation",
    "GateParameters",
    "Initialisation",
    "Intervention",
    "LayerTrace",
    "Levers",
    "Mistake",
    "ParameterCounts",
    "RecurrentLayer",
    "SequenceClassifier",
    "State",
    "Step",
    "build_baseline",
    "build_model",
    "correct",
    "evaluate",
    "evaluate_in_batches",
    "matched",
    "objective",
    "parameter_counts",
    "pulled",
    "recurrent_layers",
    "summarize",
    "unroll",
    "unroll_stack",
]
