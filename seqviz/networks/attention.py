"""Attention: where a decoder looks, at each word that it writes.

Both kinds weigh the places s of what was read by a score of the decoder's state h_t and a key k_s = W_k e_s. The
context c_t is the weighted mean of the e_s, and the answer is drawn from tanh(W_c [c_t; h_t]) (Luong et al. 2015).
"""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from seqviz.specs import EncoderDecoderSpec

Weights = Float[Tensor, "batch steps places"]


class Attention(nn.Module):
    """Weights over what was read, the context, and what the head reads of it."""

    def __init__(self, spec: EncoderDecoderSpec) -> None:
        super().__init__()
        hidden = spec.decoder.hidden_size
        self.keys = nn.Linear(spec.read_features, hidden, bias=False)
        self.additive = spec.decoder.attention == "additive"
        if self.additive:
            self.queries = nn.Linear(hidden, hidden)
            self.scorer = nn.Linear(hidden, 1, bias=False)
        self.combine = nn.Linear(spec.read_features + hidden, hidden)

    def scores(
        self, states: Float[Tensor, "batch steps hidden"], read: Float[Tensor, "batch places features"]
    ) -> Float[Tensor, "batch steps places"]:
        """h_t·k_s / √hidden (scaled as in Vaswani et al. 2017, arXiv 1706.03762: products of many numbers are large,
        and the softmax would settle on one place before anything is learned), or v·tanh(W_q h_t + b + k_s) (Bahdanau et
        al. 2015).
        """
        keys = self.keys(read)  # (batch, places, hidden)
        if not self.additive:
            return states @ keys.mT / math.sqrt(keys.shape[-1])
        return self.scorer(torch.tanh(self.queries(states)[:, :, None] + keys[:, None]))[..., 0]

    def weights(
        self,
        states: Float[Tensor, "batch steps hidden"],
        read: Float[Tensor, "batch places features"],
        mask: Bool[Tensor, "batch places"] | None = None,
    ) -> Weights:
        """The softmax of the scores over the places; padding gets exactly 0."""
        scores = self.scores(states, read)
        if mask is not None:
            scores = scores.masked_fill(~mask[:, None], -math.inf)
        return scores.softmax(dim=-1)

    def forward(
        self,
        states: Float[Tensor, "batch steps hidden"],
        read: Float[Tensor, "batch places features"],
        weights: Weights,
    ) -> Float[Tensor, "batch steps hidden"]:
        """tanh(W_c [c_t; h_t]), what the head reads."""
        context = weights @ read  # (batch, steps, features)
        return torch.tanh(self.combine(torch.cat([context, states], dim=-1)))
