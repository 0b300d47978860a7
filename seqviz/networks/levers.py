"""Levers on a copy of a network: what is said to make gradients fade or explode, one setting each."""

from dataclasses import dataclass, replace
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from seqviz.networks.build import build_model
from seqviz.networks.classifier import SequenceClassifier
from seqviz.specs import GATES, Head, ModelSpec, Nonlinearity

Initialisation = Literal["default", "orthogonal", "identity", "xavier"]
INITIALISATIONS: tuple[Initialisation, ...] = get_args(Initialisation)


@dataclass(frozen=True)
class Levers:
    """What to change; None leaves a thing as it is.

    - `initialisation` draws all weights anew: "default" is PyTorch's; "orthogonal" (Saxe et al. 2013) and "identity"
      (Le, Jaitly and Hinton 2015) set each gate's W_hh, "xavier" (Glorot and Bengio 2010) both matrices; with these
      three W_ih is Xavier's and biases are 0.
    - `nonlinearity` is a plain RNN's.
    - `keep_bias` is the bias of the gate that keeps the memory: an LSTM's forget gate, a GRU's update gate.
    - `spectral_radius` scales each gate's W_hh to that radius.
    - `sequence_length` and `head`: a head that does not fit any more is drawn anew.
    """

    initialisation: Initialisation | None = None
    nonlinearity: Nonlinearity | None = None
    keep_bias: float | None = None
    spectral_radius: float | None = None
    sequence_length: int | None = None
    head: Head | None = None


def pulled(model: SequenceClassifier, levers: Levers, seed: int = 0) -> SequenceClassifier:
    """A copy of the network with the levers pulled, in eval mode on the CPU."""
    spec = _spec(model.spec, levers)
    copy = build_model(spec, seed)
    if levers.initialisation is None:
        weights = dict(model.state_dict())
        if model.spec.head != spec.head or model.head.weight.shape != copy.head.weight.shape:
            fresh = copy.state_dict()
            weights = {name: weights[name] if name.startswith("rnn.") else fresh[name] for name in fresh}
        copy.load_state_dict(weights)
    with torch.no_grad():
        generator = torch.Generator().manual_seed(seed)
        for name, parameter in copy.rnn.named_parameters():
            blocks = parameter.split(spec.hidden_size)
            if levers.initialisation not in (None, "default"):
                _draw(name, blocks, levers.initialisation, generator)
            if levers.spectral_radius is not None and name.startswith("weight_hh"):
                for block in blocks:
                    block *= levers.spectral_radius / float(torch.linalg.eigvals(block).abs().max().clamp(min=1e-12))
            if levers.keep_bias is not None and name.startswith("bias") and spec.cell != "rnn":
                keeper = GATES[spec.cell].index("forget" if spec.cell == "lstm" else "update")
                blocks[keeper].fill_(levers.keep_bias if name.startswith("bias_ih") else 0.0)
    return copy.eval()


def _spec(spec: ModelSpec, levers: Levers) -> ModelSpec:
    return replace(
        spec,
        nonlinearity=levers.nonlinearity if levers.nonlinearity and spec.cell == "rnn" else spec.nonlinearity,
        sequence_length=levers.sequence_length or spec.sequence_length,
        head=levers.head or spec.head,
        dropout=0.0,
    )


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
