"""The recurrent networks: built from a spec, run fused, or unrolled one step after another."""

from seqviz.networks.baselines import Baseline, BaselineSpec, build_baseline
from seqviz.networks.build import (
    AnyModel,
    AnySpec,
    GateParameters,
    ParameterCounts,
    build_any,
    build_language_model,
    build_model,
    matched,
    parameter_counts,
    shapes,
)
from seqviz.networks.classifier import SequenceClassifier
from seqviz.networks.evaluation import Evaluation, Mistake, evaluate, evaluate_in_batches, summarize
from seqviz.networks.language import CharLanguageModel, Memory, detached, score_text
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
    "AnyModel",
    "AnySpec",
    "Baseline",
    "BaselineSpec",
    "CharLanguageModel",
    "Direction",
    "Evaluation",
    "GateParameters",
    "Initialisation",
    "Intervention",
    "LayerTrace",
    "Levers",
    "Memory",
    "Mistake",
    "ParameterCounts",
    "RecurrentLayer",
    "SequenceClassifier",
    "State",
    "Step",
    "build_any",
    "build_baseline",
    "build_language_model",
    "build_model",
    "correct",
    "detached",
    "evaluate",
    "evaluate_in_batches",
    "matched",
    "objective",
    "parameter_counts",
    "pulled",
    "recurrent_layers",
    "score_text",
    "shapes",
    "summarize",
    "unroll",
    "unroll_stack",
]
