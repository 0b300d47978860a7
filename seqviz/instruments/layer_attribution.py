"""Which units, at which rows, carried the answer: Captum's layer and neuron methods on the unrolled network.

Conductance (Dhamdhere, Sundararajan and Yan 2018, arXiv 1805.12233) is the part of integrated gradients that flows
through a unit; internal influence (Leino et al. 2018, arXiv 1802.03788) the mean gradient at the unit
along the same path.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from seqviz.data.batch import Sequences
from seqviz.errors import InputError
from seqviz.instruments.attribution import (
    Target,
    baseline_for,
    check_answers_once,
    check_finite,
    check_target,
    from_embedded,
    gradients_in_eval_mode,
    scorer,
)
from seqviz.networks.answers import class_count
from seqviz.networks.network import SequenceNetwork
from seqviz.networks.unroll import Intervention

LayerMethod = Literal["conductance", "influence"]
STEPS = 32  # of the path from the baseline to the input


@dataclass(frozen=True)
class LayerAttribution:
    """What each unit of one layer carried at each step, `(time, hidden)`, for a target's logit.

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
    sequence: Sequences,
    target: Target,
    layer: int = 0,
    kind: LayerMethod = "conductance",
    baseline: Float[Tensor, "1 time input"] | None = None,
) -> Iterator[float | LayerAttribution]:
    """The conductance or internal influence of every unit at every row; yields the share done, and at last the result.

    Raises:
        InputError: it is not one sequence that this network can read, or the network has no such class or layer or
            answers at each step.
    """
    from captum.attr import InternalInfluence, LayerConductance

    x, base, hooked = _prepared(model, sequence, target, layer, baseline)
    score = scorer(from_embedded(model), target)
    with torch.no_grad():
        check_finite(score(x), score(base), x)
    methods = {"conductance": LayerConductance, "influence": InternalInfluence}
    rows = []
    for step in range(x.shape[1]):
        with gradients_in_eval_mode(hooked):
            method = methods[kind](scorer(hooked, target), hooked.hooks[step])
            rows.append(method.attribute(x, base, n_steps=STEPS)[0].detach().cpu())
        yield (step + 1) / x.shape[1]
    with gradients_in_eval_mode(hooked), torch.no_grad():
        answer, baseline_answer = float(score(x)[0]), float(score(base)[0])
    yield LayerAttribution(kind, layer, target, torch.stack(rows).float(), answer, baseline_answer)


def neuron_attribution(
    model: SequenceNetwork,
    sequence: Sequences,
    target: Target,
    unit: int,
    step: int,
    layer: int = 0,
    baseline: Float[Tensor, "1 time input"] | None = None,
) -> Float[Tensor, "time input"]:
    """Which pixels made what one unit carried at one row: neuron conductance. Rows it has not read yet have 0.

    Raises:
        InputError: it is not one sequence that this network can read, or the network has no such class, layer, unit or
            row or answers at each step.
    """
    from captum.attr import NeuronConductance

    x, base, hooked = _prepared(model, sequence, target, layer, baseline)
    if not (0 <= unit < model.spec.encoder.hidden_size and 0 <= step < x.shape[1]):
        raise InputError(f"There is no unit {unit} at step {step}; choose from what the heatmap shows.")
    with gradients_in_eval_mode(hooked):
        method = NeuronConductance(scorer(hooked, target), hooked.hooks[step])
        return method.attribute(x, (unit,), base, n_steps=STEPS)[0].detach().float().cpu()


def _prepared(
    model: SequenceNetwork, sequence: Sequences, target: Target, layer: int, baseline: Tensor | None
) -> tuple[Tensor, Tensor, _HookedNetwork]:
    check_answers_once(model)
    check_target(target, class_count(model.spec.head.outputs))
    layers = len(model.stacks["encoder"])
    if not 0 <= layer < layers:
        raise InputError(f"There is no layer {layer}; this network has {layers}, counted from 0.")
    x = model.prepare_one(sequence).detach()
    return x, baseline_for(baseline, x), _HookedNetwork(model, layer, x.shape[1])
