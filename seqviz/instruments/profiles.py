"""What each unit does on average, class by class."""

import torch
from jaxtyping import Float
from torch import Tensor

from seqviz.data.split import Split
from seqviz.instruments.trace import layer_traces
from seqviz.networks.classifier import SequenceClassifier


def class_profiles(
    model: SequenceClassifier, split: Split, num_classes: int = 10
) -> tuple[Float[Tensor, "classes time hidden"], ...]:
    """Mean hidden state by class, row and unit, one tensor a layer in `h_n` order; NaN for a class without examples."""
    layers = layer_traces(model, split.sequences)
    members = [split.labels == label for label in range(num_classes)]
    return tuple(torch.stack([layer.hidden[member].mean(dim=0) for member in members]) for layer in layers)
