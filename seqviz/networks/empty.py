"""Memory for a network that was built without any."""

import torch
from torch import nn


def empty_weights(model: nn.Module) -> None:
    """Put weights that nobody has drawn yet, on the CPU, in the place of those on the `meta` device.

    PyTorch's own `to_empty` does this, too, but imports SymPy for it, which takes as long as a page.
    """
    empty = {name: torch.empty(tuple(tensor.shape), dtype=tensor.dtype) for name, tensor in model.state_dict().items()}
    model.load_state_dict(empty, assign=True)
