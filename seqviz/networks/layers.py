"""PyTorch's fused recurrent layers by the name of their cell."""

from collections.abc import Callable
from typing import Any

from torch import nn

from seqviz.specs import Cell

_LAYERS: dict[Cell, Callable[..., nn.RNNBase]] = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


def fused_layer(cell: Cell, input_size: int, hidden_size: int, num_layers: int, **options: Any) -> nn.RNNBase:
    """`nn.RNN`, `nn.GRU` or `nn.LSTM` on `(batch, time, input)`; `options` are theirs."""
    return _LAYERS[cell](input_size, hidden_size, num_layers, batch_first=True, **options)
