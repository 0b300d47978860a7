"""PyTorch's fused recurrent layers by the name of their cell."""

from collections.abc import Callable
from typing import Any

from torch import nn

from seqviz.specs import Cell, RecurrentSpec

_LAYERS: dict[Cell, Callable[..., nn.RNNBase]] = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


def fused_layer(spec: RecurrentSpec, input_size: int) -> nn.RNNBase:
    """`nn.RNN`, `nn.GRU` or `nn.LSTM` on `(batch, time, input)`."""
    options: dict[str, Any] = {"nonlinearity": spec.nonlinearity} if spec.cell == "rnn" else {}
    return _LAYERS[spec.cell](
        input_size,
        spec.hidden_size,
        spec.num_layers,
        batch_first=True,
        dropout=spec.dropout,
        bidirectional=spec.bidirectional,
        **options,
    )
