"""A language model that reads on, one token after another, as fast as PyTorch allows."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from seqviz.networks.network import SequenceNetwork
from seqviz.networks.scoring import eval_mode
from seqviz.networks.unroll import State, layer_states

States = tuple[State, ...]
"""One for each layer, in the order of `h_n`."""


class TokenReader:
    """Reads tokens without a graph and without dropout, and says after each what it holds for the next.

    A text takes hundreds of steps, and what modules do around a step takes longer than the step. So a step is PyTorch's
    own cell, with parameters that are looked up once, and detached, so that no step has to switch its graph off.
    """

    def __init__(self, model: SequenceNetwork) -> None:
        assert model.embedding is not None, "the network reads no tokens"
        self._model = model
        self._layers = tuple(layer.detached() for layer in model.stacks["encoder"])
        self._embedding = model.embedding.weight.detach()
        self._head = model.head.weight.detach(), model.head.bias.detach()
        self._device = self._embedding.device

    @torch.no_grad()
    def opening(self, tokens: Int[Tensor, "batch time"]) -> tuple[Float[Tensor, "batch tokens"], States]:
        """The logits after the last of these tokens, on the CPU, and the states to go on from."""
        with eval_mode(self._model):
            outputs, state = self._model.encode(F.embedding(tokens.to(self._device), self._embedding))
        return F.linear(outputs[:, -1], *self._head).cpu(), layer_states(state, len(self._layers))

    def step(self, tokens: Int[Tensor, " batch"], states: States) -> tuple[Float[Tensor, "batch tokens"], States]:
        """The same after one more token of each text."""
        x = F.embedding(tokens.to(self._device), self._embedding)
        reached = []
        for layer, state in zip(self._layers, states, strict=True):
            reached.append(layer.fused_step(x, state))
            x = reached[-1].hidden
        return F.linear(x, *self._head).cpu(), tuple(reached)


def each_of(states: States, rows: Int[Tensor, " batch"]) -> States:
    """The states of these texts, which may be named more than once."""
    return tuple(State(h[rows], None if c is None else c[rows]) for h, c in states)
