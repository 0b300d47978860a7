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
from seqviz.instruments.attribution import Target, check_target, fitting, ready, scorer
from seqviz.networks.classifier import SequenceClassifier
from seqviz.networks.unroll import Intervention, recurrent_layers, unroll_stack

Flow = Literal["conductance", "influence"]
STEPS = 32  # of the path from the baseline to the input


@dataclass(frozen=True)
class UnitFlow:
    """What each unit of one layer carried at each row, `(time, hidden)`, for a target's logit.

    `answer` and `baseline_answer` are the scores of the input and of the baseline. In a one-layer RNN or GRU that
    answers from its last state all that rows 0..t contribute must pass the units at row t: there the conductances of
    row t sum to the integrated gradients of these rows.
    """

    kind: Flow
    layer: int
    target: Target
    values: Float[Tensor, "time hidden"]
    answer: float
    baseline_answer: float


class _Tapped(nn.Module):
    """The unrolled network with a module to hook at every row of one layer's hidden state."""

    def __init__(self, model: SequenceClassifier, layer: int, time: int) -> None:
        super().__init__()
        self.model = model
        self.layer = layer
        self.taps = nn.ModuleList(nn.Identity() for _ in range(time))
        self.training = model.training

    def forward(self, x: Tensor) -> Tensor:
        def tap(step: int, name: str, value: Tensor) -> Tensor:
            return self.taps[step](value) if name == "hidden" else value

        recurrent = recurrent_layers(self.model.rnn)
        changes: list[Intervention | None] = [tap if index == self.layer else None for index in range(len(recurrent))]
        _, outputs = unroll_stack(recurrent, x, changes)
        return self.model.head(self.model.read(outputs))


def unit_flow(
    model: SequenceClassifier,
    x: Float[Tensor, "_ time input"],
    target: Target,
    layer: int = 0,
    kind: Flow = "conductance",
    baseline: Float[Tensor, "1 time input"] | None = None,
) -> Iterator[float | UnitFlow]:
    """The conductance or internal influence of every unit at every row; yields the share done, and at last the result.

    Raises:
        InputError: the network cannot read `x`, or has no such class or layer.
    """
    model, x, base, tapped = _prepared(model, x, target, layer, baseline)
    methods = {"conductance": LayerConductance, "influence": InternalInfluence}
    rows = []
    for step in range(x.shape[1]):
        with ready(tapped):
            method = methods[kind](scorer(tapped, target), tapped.taps[step])
            rows.append(method.attribute(x, base, n_steps=STEPS)[0].detach().cpu())
        yield (step + 1) / x.shape[1]
    with ready(tapped), torch.no_grad():
        answer, floor = float(scorer(model, target)(x)[0]), float(scorer(model, target)(base)[0])
    yield UnitFlow(kind, layer, target, torch.stack(rows).float(), answer, floor)


def unit_drivers(
    model: SequenceClassifier,
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
    model, x, base, tapped = _prepared(model, x, target, layer, baseline)
    if not (0 <= unit < model.spec.hidden_size and 0 <= step < x.shape[1]):
        raise InputError(f"There is no unit {unit} at step {step}; choose from what the heatmap shows.")
    with ready(tapped):
        method = NeuronConductance(scorer(tapped, target), tapped.taps[step])
        return method.attribute(x, (unit,), base, n_steps=STEPS)[0].detach().float().cpu()


def _prepared(
    model: SequenceClassifier, x: Tensor, target: Target, layer: int, baseline: Tensor | None
) -> tuple[SequenceClassifier, Tensor, Tensor, _Tapped]:
    model.check(x)
    check_target(target, model.spec.num_classes)
    if len(x) != 1:
        raise InputError(f"The input has {len(x)} sequences; units are followed through one.")
    layers = model.spec.num_layers * model.spec.directions
    if not 0 <= layer < layers:
        raise InputError(f"There is no layer {layer}; this network has {layers}, counted from 0.")
    x = x.detach().to(model.head.weight)
    base = fitting(baseline, x)
    return model, x, base, _Tapped(model, layer, x.shape[1])
