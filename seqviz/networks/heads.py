"""Heads: one linear layer, and what it reads of the last layer's hidden states.

Outputs are the hidden states `(batch, time, outputs)` of the last layer, both directions side by side. A mask says
which steps belong to a sequence; without one all do.
"""

import math
from abc import ABC, abstractmethod

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from seqviz.errors import InputError
from seqviz.specs import HeadKind, ModelSpec

Outputs = Float[Tensor, "batch time outputs"]
Features = Float[Tensor, "batch *steps features"]
Mask = Bool[Tensor, "batch time"]


class Head(nn.Linear, ABC):
    """The linear layer W x + b on a reading x of the outputs; each kind of head reads another way."""

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__(spec.features, spec.head.outputs)
        self.directions = spec.encoder.directions

    @abstractmethod
    def features(self, outputs: Outputs, mask: Mask | None = None) -> Features:
        """What the linear layer reads."""

    @abstractmethod
    def prefix_logits(self, outputs: Outputs, mask: Mask | None = None) -> Float[Tensor, "batch time answers"]:
        """What the head would answer if the sequence ended at each step, in networks that read in one direction."""

    def check(self, time: int, lengths: Int[Tensor, " batch"] | None) -> None:
        """Refuse sequences of a length that the head cannot read.

        Raises:
            InputError: the head has weights for one length only, and these have another.
        """

    def forward(self, outputs: Outputs, mask: Mask | None = None) -> Float[Tensor, "batch *steps answers"]:
        return super().forward(self.features(outputs, mask))

    def contributions(self, outputs: Outputs, mask: Mask | None = None) -> Float[Tensor, "batch time answers"]:
        """What each step adds to the logits, where they are the bias and a sum over steps: W_t h_t or W h_t / T.

        Raises:
            InputError: the head's logits are no such sum.
        """
        raise InputError(f"The logits of a {_kind(self)} head are no sum over steps; choose concat or mean.")


class PooledHead(Head):
    """A head that reads equally many numbers from sequences of any length."""

    @abstractmethod
    def prefix_features(self, outputs: Outputs, mask: Mask | None = None) -> Float[Tensor, "batch time features"]:
        """What it would read if the sequence ended at each step; after its end it stays as it is there."""

    def prefix_logits(self, outputs: Outputs, mask: Mask | None = None) -> Float[Tensor, "batch time answers"]:
        return nn.Linear.forward(self, self.prefix_features(outputs, mask))


class LastHead(PooledHead):
    """The state after the last step: of a backward direction, that after the first."""

    def features(self, outputs: Outputs, mask: Mask | None = None) -> Features:
        last = outputs[:, -1] if mask is None else outputs[_rows(mask), mask.sum(dim=1) - 1]
        if self.directions == 1:
            return last
        forward, _ = last.chunk(2, dim=-1)
        _, backward = outputs[:, 0].chunk(2, dim=-1)
        return torch.cat([forward, backward], dim=-1)

    def prefix_features(self, outputs: Outputs, mask: Mask | None = None) -> Float[Tensor, "batch time features"]:
        if mask is None:
            return outputs
        return outputs[_rows(mask)[:, None], (mask.cumsum(dim=1) - 1).clamp(min=0)]


class ConcatHead(Head):
    """The states of all steps side by side, for sequences of one length."""

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__(spec)
        self.steps = spec.head.sequence_length

    def check(self, time: int, lengths: Int[Tensor, " batch"] | None) -> None:
        low, high = (time, time) if lengths is None else (int(lengths.min()), int(lengths.max()))
        if not low == high == time == self.steps:
            raise InputError(
                f"The input has {low if low == high else f'{low} to {high}'} time steps, but this concat head has "
                f"weights for exactly {self.steps}. Pass {self.steps} steps or use a network with head last."
            )

    def features(self, outputs: Outputs, mask: Mask | None = None) -> Features:
        if mask is not None:
            raise InputError(
                f"A concat head has weights for exactly {self.steps} steps, so it cannot read sequences of different "
                "lengths; use a network with head last, mean, max or attention."
            )
        return outputs.flatten(start_dim=1)  # (batch, time * outputs)

    def prefix_logits(self, outputs: Outputs, mask: Mask | None = None) -> Float[Tensor, "batch time answers"]:
        return self.contributions(outputs, mask).cumsum(dim=1) + self.bias

    def contributions(self, outputs: Outputs, mask: Mask | None = None) -> Float[Tensor, "batch time answers"]:
        """W_t h_t of the steps that there are, be they fewer than the head has weights for."""
        _, time, width = outputs.shape
        return torch.einsum("bto,cto->btc", outputs, self.weight.unflatten(1, (-1, width))[:, :time])


class MeanHead(PooledHead):
    """The mean of the states over time."""

    def features(self, outputs: Outputs, mask: Mask | None = None) -> Features:
        if mask is None:
            return outputs.mean(dim=1)
        return torch.einsum("bt,bto->bo", mask.to(outputs), outputs) / mask.sum(dim=1, keepdim=True)

    def prefix_features(self, outputs: Outputs, mask: Mask | None = None) -> Float[Tensor, "batch time features"]:
        if mask is None:
            counts = torch.arange(1, outputs.shape[1] + 1, device=outputs.device)[:, None]
            return outputs.cumsum(dim=1) / counts
        return (outputs * mask[..., None]).cumsum(dim=1) / mask.cumsum(dim=1)[..., None]

    def contributions(self, outputs: Outputs, mask: Mask | None = None) -> Float[Tensor, "batch time answers"]:
        """W h_t / T."""
        if mask is None:
            return F.linear(outputs, self.weight) / outputs.shape[1]
        return F.linear(outputs * mask[..., None], self.weight) / mask.sum(dim=1)[:, None, None]


class MaxHead(PooledHead):
    """The largest value of each unit over time."""

    def features(self, outputs: Outputs, mask: Mask | None = None) -> Features:
        return _without_padding(outputs, mask).amax(dim=1)

    def prefix_features(self, outputs: Outputs, mask: Mask | None = None) -> Float[Tensor, "batch time features"]:
        return _without_padding(outputs, mask).cummax(dim=1).values


class AttentionHead(PooledHead):
    """The mean of the states, weighted by the softmax over time of each state's product with one learned query."""

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__(spec)
        self.query = nn.Parameter(torch.zeros(spec.features))

    def attention(self, outputs: Outputs, mask: Mask | None = None) -> Float[Tensor, "batch time"]:
        """Each step's weight; they sum to 1."""
        scores = outputs @ self.query
        return (scores if mask is None else scores.masked_fill(~mask, -math.inf)).softmax(dim=1)

    def features(self, outputs: Outputs, mask: Mask | None = None) -> Features:
        return torch.einsum("bt,bto->bo", self.attention(outputs, mask), outputs)

    def prefix_features(self, outputs: Outputs, mask: Mask | None = None) -> Float[Tensor, "batch time features"]:
        time = outputs.shape[1]
        later = torch.ones(time, time, dtype=torch.bool, device=outputs.device).triu(diagonal=1)  # (prefix, time)
        if mask is not None:
            later = later | ~mask[:, None]  # (batch, prefix, time)
        scores = (outputs @ self.query)[:, None].expand(-1, time, -1)
        return scores.masked_fill(later, -math.inf).softmax(dim=-1) @ outputs


class EachStepHead(PooledHead):
    """Every step's state: an answer at every step."""

    def features(self, outputs: Outputs, mask: Mask | None = None) -> Features:
        return outputs

    def prefix_features(self, outputs: Outputs, mask: Mask | None = None) -> Float[Tensor, "batch time features"]:
        return outputs


_HEADS: dict[HeadKind, type[Head]] = {
    "last": LastHead,
    "concat": ConcatHead,
    "mean": MeanHead,
    "max": MaxHead,
    "attention": AttentionHead,
    "each_step": EachStepHead,
}


def make_head(spec: ModelSpec) -> Head:
    """The head that a network's spec asks for."""
    return _HEADS[spec.head.kind](spec)


def _kind(head: Head) -> HeadKind:
    return next(kind for kind, which in _HEADS.items() if which is type(head))


def _rows(mask: Mask) -> Tensor:
    return torch.arange(len(mask), device=mask.device)


def _without_padding(outputs: Outputs, mask: Mask | None) -> Outputs:
    return outputs if mask is None else outputs.masked_fill(~mask[..., None], -math.inf)
