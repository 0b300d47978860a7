"""Which units, at which rows, carried the answer: Captum's layer and neuron methods on the unrolled network.

Conductance (Dhamdhere, Sundararajan and Yan 2018, arXiv 1805.12233) is the part of integrated gradients that flows
through a unit; internal influence (Leino et al. 2018, arXiv 1802.03788) the mean gradient at the unit
along the same path.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from captum.attr import InternalInfluence, LayerConductance, NeuronConductance
from jaxtyping import Float
from torch import Tensor, nn

from seqviz.errors import InputError
from seqviz.instruments.attribution import (
    Target,
    baseline_for,
    check_finite,
    check_target,
    gradients_in_eval_mode,
    scorer,
)
from seqviz.networks.network import SequenceNetwork
from seqviz.networks.unroll import Intervention

LayerMethod = Literal["conductance", "influence"]
STEPS = 32  # of the path from the baseline to the input


@dataclass(frozen=True)
class LayerAttribution:
    """What each unit of one layer carried at each row, `(time, hidden)`, for a target's logit.

    `answer` and `baseline_answer` are the scores of the input and of the baseline. In a one-layer RNN or GRU that
    answers from its last state all that rows 0..t contribute must pass the units at row t: there the conductances of
    row t sum to the integrated gradients of these rows.
    """

    kind: LayerMethod
    layer: int
    target: Target
    values: Float[Tensor, "time hidden"]
    answer: float
    baseline_answer: float


class _HookedNetwork(nn.Module):
    """The unrolled network with a module at every step of one layer's hidden state, for Captum to hook."""

    def __init__(self, model: SequenceNetwork, layer: int, time: int) -> None:
        super().__init__()
        self.model = model
        self.layer = layer
        self.hooks = nn.ModuleList(nn.Identity() for _ in range(time))
        self.training = model.training

    def forward(self, x: Tensor) -> Tensor:
        def hook(step: int, name: str, value: Tensor) -> Tensor:
            return self.hooks[step](value) if name == "hidden" else value

        layers = len(self.model.stacks["encoder"])
        changes: list[Intervention | None] = [hook if index == self.layer else None for index in range(layers)]
        return self.model.head(self.model.unroll(x, interventions={"encoder": changes}).outputs)


def layer_attribution(
    model: SequenceNetwork,
    x: Float[Tensor, "_ time input"],
    target: Target,
    layer: int = 0,
    kind: LayerMethod = "conductance",
    baseline: Float[Tensor, "1 time input"] | None = None,
) -> Iterator[float | LayerAttribution]:
    """The conductance or internal influence of every unit at every row; yields the share done, and at last the result.

    Raises:
        InputError: the network cannot read `x`, or has no such class or layer.
    """
    model, x, base, hooked = _prepared(model, x, target, layer, baseline)
    with torch.no_grad():
        check_finite(scorer(model, target)(x), scorer(model, target)(base), x)
    methods = {"conductance": LayerConductance, "influence": InternalInfluence}
    rows = []
    for step in range(x.shape[1]):
        with gradients_in_eval_mode(hooked):
            method = methods[kind](scorer(hooked, target), hooked.hooks[step])
            rows.append(method.attribute(x, base, n_steps=STEPS)[0].detach().cpu())
        yield (step + 1) / x.shape[1]
    with gradients_in_eval_mode(hooked), torch.no_grad():
        answer, floor = float(scorer(model, target)(x)[0]), float(scorer(model, target)(base)[0])
    yield LayerAttribution(kind, layer, target, torch.stack(rows).float(), answer, floor)


def neuron_attribution(
    model: SequenceNetwork,
    x: Float[Tensor, "_ time input"],
    target: Target,
    unit: int,
    step: int,
    layer: int = 0,
    baseline: Float[Tensor, "1 time input"] | None = None,
) -> Float[Tensor, "time input"]:
    """Which pixels made what one unit carried at one row: neuron conductance. Rows it has not read yet have 0.

    Raises:
        InputError: the network cannot read `x`, or has no such class, layer, unit or row.
    """
    model, x, base, hooked = _prepared(model, x, target, layer, baseline)
    if not (0 <= unit < model.spec.encoder.hidden_size and 0 <= step < x.shape[1]):
        raise InputError(f"There is no unit {unit} at step {step}; choose from what the heatmap shows.")
    with gradients_in_eval_mode(hooked):
        method = NeuronConductance(scorer(hooked, target), hooked.hooks[step])
        return method.attribute(x, (unit,), base, n_steps=STEPS)[0].detach().float().cpu()


def _prepared(
    model: SequenceNetwork, x: Tensor, target: Target, layer: int, baseline: Tensor | None
) -> tuple[SequenceNetwork, Tensor, Tensor, _HookedNetwork]:
    x, _ = model.prepare(x)
    check_target(target, model.spec.head.outputs)
    if len(x) != 1:
        raise InputError(f"The input has {len(x)} sequences; units are followed through one.")
    layers = len(model.stacks["encoder"])
    if not 0 <= layer < layers:
        raise InputError(f"There is no layer {layer}; this network has {layers}, counted from 0.")
    x = x.detach()
    base = baseline_for(baseline, x)
    return model, x, base, _HookedNetwork(model, layer, x.shape[1])
