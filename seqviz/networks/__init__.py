"""The recurrent networks: built from a spec, run fused, or unrolled one step after another."""

from seqviz.networks.build import GateParameters, ParameterCounts, build_model, parameter_counts
from seqviz.networks.classifier import SequenceClassifier
from seqviz.networks.unroll import Intervention, LayerTrace, RecurrentLayer, State, Step, recurrent_layers, unroll, unroll_stack

__all__ = [
    "GateParameters",
    "Intervention",
    "LayerTrace",
    "ParameterCounts",
    "RecurrentLayer",
    "SequenceClassifier",
    "State",
    "Step",
    "build_model",
    "parameter_counts",
    "recurrent_layers",
    "unroll",
    "unroll_stack",
]
