"""Changes to a copy of a network, one setting each: what is said to make gradients vanish or explode."""

from dataclasses import dataclass, replace
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from seqviz.networks.build import build_model
from seqviz.networks.network import SequenceNetwork
from seqviz.specs import GATES, MEMORY_GATES, Cell, HeadKind, ModelSpec, Nonlinearity

Initialisation = Literal["default", "orthogonal", "identity", "xavier"]
INITIALISATIONS: tuple[Initialisation, ...] = get_args(Initialisation)


@dataclass(frozen=True)
class Modifications:
    """What to change; None leaves a thing as it is.

    - `initialisation` draws all weights anew: "default" is PyTorch's; "orthogonal" (Saxe et al. 2013) and "identity"
      (Le, Jaitly and Hinton 2015) set each gate's W_hh, "xavier" (Glorot and Bengio 2010) both matrices; with these
      three W_ih is Xavier's and biases are 0.
    - `nonlinearity` is a plain RNN's.
    - `memory_gate_bias` is the bias of the gate that keeps the memory: an LSTM's forget gate, a GRU's update gate.
    - `spectral_radius` scales each gate's W_hh to that radius.
    - `head` is another kind of head, `sequence_length` the steps of a concat head; both draw the head anew.
    """

    initialisation: Initialisation | None = None
    nonlinearity: Nonlinearity | None = None
    memory_gate_bias: float | None = None
    spectral_radius: float | None = None
    sequence_length: int | None = None
    head: HeadKind | None = None


def with_modifications(model: SequenceNetwork, changes: Modifications, seed: int = 0) -> SequenceNetwork:
    """A modified copy of the network, in eval mode on the CPU; new weights are drawn from `seed`."""
    spec = _spec(model, changes)
    copy = build_model(spec, seed)
    if changes.initialisation is None:
        weights = dict(model.state_dict())
        if model.spec.head.kind != spec.head.kind or model.head.weight.shape != copy.head.weight.shape:
            fresh = copy.state_dict()
            weights = {name: fresh[name] if name.startswith("head.") else weights[name] for name in fresh}
        copy.load_state_dict(weights)
    with torch.no_grad():
        generator = torch.Generator().manual_seed(seed)
        for name, parameter in copy.encoder.named_parameters():
            _modify(name, parameter.split(spec.encoder.hidden_size), spec.encoder.cell, changes, generator)
    return copy.eval()


def _spec(model: SequenceNetwork, changes: Modifications) -> ModelSpec:
    spec = model.spec
    nonlinearity = changes.nonlinearity if changes.nonlinearity and spec.encoder.cell == "rnn" else None
    kind = changes.head or spec.head.kind
    steps = changes.sequence_length or spec.head.sequence_length
    return replace(
        spec,
        encoder=replace(spec.encoder, nonlinearity=nonlinearity or spec.encoder.nonlinearity, dropout=0.0),
        head=replace(spec.head, kind=kind, sequence_length=steps if kind == "concat" else None),
    )


def _modify(
    name: str, blocks: tuple[Tensor, ...], cell: Cell, changes: Modifications, generator: torch.Generator
) -> None:
    """Change one parameter of a layer, a block of rows for each gate."""
    if changes.initialisation not in (None, "default"):
        _draw(name, blocks, changes.initialisation, generator)
    if changes.spectral_radius is not None and name.startswith("weight_hh"):
        for block in blocks:
            block *= changes.spectral_radius / float(torch.linalg.eigvals(block).abs().max().clamp(min=1e-12))
    if changes.memory_gate_bias is not None and name.startswith("bias") and cell != "rnn":
        memory_gate = GATES[cell].index(MEMORY_GATES[cell])
        blocks[memory_gate].fill_(changes.memory_gate_bias if name.startswith("bias_ih") else 0.0)


def _draw(name: str, blocks: tuple[Tensor, ...], how: Initialisation | None, generator: torch.Generator) -> None:
    for block in blocks:
        if name.startswith("bias"):
            block.zero_()
        elif name.startswith("weight_ih") or how == "xavier":
            nn.init.xavier_uniform_(block, generator=generator)
        elif how == "orthogonal":
            nn.init.orthogonal_(block, generator=generator)
        else:
            nn.init.eye_(block)
