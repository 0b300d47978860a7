"""What each unit does on average, class by class."""

import torch
from jaxtyping import Float
from torch import Tensor

from seqviz.data.batch import Batch
from seqviz.instruments.trace import layer_traces
from seqviz.networks.network import SequenceNetwork


def class_profiles(
    model: SequenceNetwork, split: Batch, num_classes: int = 10
) -> tuple[Float[Tensor, "classes time hidden"], ...]:
    """Mean hidden state by class, row and unit, one tensor a layer in `h_n` order; NaN for a class without examples."""
    members = [split.targets == label for label in range(num_classes)]
    mask = torch.tensor(True) if split.mask is None else split.mask[..., None].cpu()
    states = [torch.where(mask, layer.hidden, torch.nan) for layer in layer_traces(model, split)]
    return tuple(torch.stack([hidden[member].nanmean(dim=0) for member in members]) for hidden in states)
