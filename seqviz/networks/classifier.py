"""The classifier that every page looks into: PyTorch's own recurrent layer and one linear layer."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from seqviz.errors import InputError
from seqviz.networks.layers import fused_layer
from seqviz.specs import ModelSpec


class SequenceClassifier(nn.Module):
    """`nn.RNN`, `nn.GRU` or `nn.LSTM`, then `nn.Linear` on what the head reads.

    >>> SequenceClassifier(ModelSpec(cell="gru", hidden_size=32))(torch.zeros(5, 28, 28)).shape
    torch.Size([5, 10])
    """

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        self.spec = spec
        options = {"nonlinearity": spec.nonlinearity} if spec.cell == "rnn" else {}
        self.rnn = fused_layer(
            spec.cell,
            spec.input_size,
            spec.hidden_size,
            spec.num_layers,
            dropout=spec.dropout,
            bidirectional=spec.bidirectional,
            **options,
        )
        self.head = nn.Linear(spec.features, spec.num_classes)
        if spec.head == "attention":
            self.query = nn.Parameter(torch.zeros(spec.features))

    def forward(self, x: Float[Tensor, "batch time input"]) -> Float[Tensor, "batch classes"]:
        outputs, _ = self.rnn(x)  # (batch, time, directions * hidden)
        return self.head(self.read(outputs))

    def read(self, outputs: Float[Tensor, "batch time outputs"]) -> Float[Tensor, "batch features"]:
        """What the head sees of the last layer's hidden states."""
        match self.spec.head:
            case "concat":
                return outputs.flatten(start_dim=1)  # (batch, time * directions * hidden)
            case "mean":
                return outputs.mean(dim=1)
            case "max":
                return outputs.amax(dim=1)
            case "attention":
                return torch.einsum("bt,btw->bw", self.attention(outputs), outputs)
        if not self.spec.bidirectional:
            return outputs[:, -1]
        forward, backward = outputs.chunk(2, dim=-1)
        return torch.cat([forward[:, -1], backward[:, 0]], dim=-1)  # each direction's state after its last step

    def attention(self, outputs: Float[Tensor, "batch time outputs"]) -> Float[Tensor, "batch time"]:
        """Each step's weight in an attention head; they sum to 1."""
        return (outputs @ self.query).softmax(dim=1)

    def prefix_logits(self, outputs: Float[Tensor, "batch time outputs"]) -> Float[Tensor, "batch time classes"]:
        """What the head would answer if the sequence ended at each step (networks that read in one direction)."""
        match self.spec.head:
            case "concat":
                return self.votes(outputs).cumsum(dim=1) + self.head.bias
            case "mean":
                counts = torch.arange(1, outputs.shape[1] + 1, device=outputs.device)[:, None]
                return self.head(outputs.cumsum(dim=1) / counts)
            case "max":
                return self.head(outputs.cummax(dim=1).values)
            case "attention":
                time = outputs.shape[1]
                to_come = torch.ones(time, time, dtype=torch.bool, device=outputs.device).triu(diagonal=1)
                scores = (outputs @ self.query)[:, None].expand(-1, time, -1)  # (batch, prefix, time)
                return self.head(scores.masked_fill(to_come, -math.inf).softmax(dim=-1) @ outputs)
        return self.head(outputs)

    def votes(self, outputs: Float[Tensor, "batch time outputs"]) -> Float[Tensor, "batch time classes"]:
        """Each row's share of the logits, where they are a sum over rows: W_t h_t (concat) or W h_t / T (mean).

        A concat head votes on the rows that there are, be they fewer than it has weights for.

        Raises:
            InputError: with another head the logits are no such sum.
        """
        _, time, width = outputs.shape
        if self.spec.head == "mean":
            return F.linear(outputs, self.head.weight) / time
        if self.spec.head == "concat":
            weight = self.head.weight.unflatten(1, (self.spec.sequence_length, width))[:, :time]
            return torch.einsum("btw,ctw->btc", outputs, weight)
        raise InputError(f"The logits of a {self.spec.head} head are no sum over rows; choose concat or mean.")

    def check(self, x: Tensor) -> None:
        """Refuse inputs this network cannot read.

        Raises:
            InputError: wrong shape, wrong length for a concat head, or a value that is no number.
        """
        spec = self.spec
        if x.ndim != 3 or x.shape[2] != spec.input_size or 0 in x.shape[:2]:
            raise InputError(
                f"The input has shape {tuple(x.shape)}; this network reads (batch, time, {spec.input_size}). "
                "Add the missing axis with x[None] or pass rows of the right length."
            )
        if spec.head == "concat" and x.shape[1] != spec.sequence_length:
            raise InputError(
                f"The input has {x.shape[1]} time steps, but this concat head has weights for exactly "
                f"{spec.sequence_length}. Pass {spec.sequence_length} steps or use a network with head last."
            )
        if not torch.isfinite(x).all():
            raise InputError("The input contains NaN or infinity. Replace those values before the network reads them.")
