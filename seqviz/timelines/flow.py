"""The gradient's way back as a timeline that runs backwards: the example, the norm at each step, every unit's share."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from seqviz.data.examples import Digit, Example
from seqviz.instruments.gradients import LayerGradients
from seqviz.instruments.order import unit_order
from seqviz.player.timeline import Heatmap, Picture, Text, Timeline
from seqviz.timelines.examples import example_panel, example_timeline
from seqviz.timelines.wording import compared, opening

DECADES = 6
BAND = 16  # columns of the picture of norms


def colour_limit(flows: Sequence[LayerGradients]) -> float:
    """Where the colour of a unit's gradient is full, for all of these layers alike."""
    finite = [flow.hidden_grad[flow.hidden_grad.isfinite()].abs() for flow in flows]
    return max([1e-30, *(float(values.max()) / 2 for values in finite if len(values))])


def flow_timeline(example: Example, flow: LayerGradients, limit: float, title: str = "", index: int = 0) -> Timeline:
    """One sample's gradient in one layer (number `index` in the order of `h_n`), from where the loss enters it: from
    the last step to the first, and in a backward layer from the first to the last.

    Norms are drawn on a log scale whose paper is 10^-DECADES of the largest; a unit's colour is full at `limit`.
    """
    grads = flow.hidden_grad[0]  # (time, hidden)
    norms, forward_in_time = flow.norms[0], flow.direction == "backward"
    finite = norms[norms.isfinite()]
    largest = float(finite.max()) if len(finite) else 0.0
    shares = 1 + (norms / max(largest, 1e-38)).clamp(min=1e-30).log10() / DECADES
    band = torch.nan_to_num(shares, 1.0, 1.0, 0.0).clamp(0, 1)[:, None].expand(-1, BAND)
    shown = torch.nan_to_num(grads, 0.0, largest, -largest)
    order = unit_order(shown, "similarity")
    shown = shown[:, order]
    panels = (
        Text("Gradient", [_sentence(example, norms, step, 0 if forward_in_time else -1) for step in range(len(norms))]),
        example_panel(example, f"The {example.noun}", written=False),
        _norms(example, band),
        Heatmap(
            "Gradient ∂L/∂h of every unit",
            shown.numpy(),
            order.tolist(),
            symbol="∂L/∂h",
            limit=limit,
            layer=index,
        ),
    )
    return example_timeline(example, panels, title, backwards=not forward_in_time)


def _norms(example: Example, band: Float[Tensor, "time width"]) -> Picture | Heatmap:
    """The norm at each step: beside the rows of a digit, below the words of a text."""
    if isinstance(example, Digit):
        return Picture("Norm, log scale", band.numpy())
    rows = list(range(band.shape[1]))
    return Heatmap("Norm, log scale", band.numpy(), rows, row_name="norm", symbol="", scale="share", layer=-1)


def _sentence(example: Example, norms: Float[Tensor, " time"], step: int, entrance: int) -> str:
    """How strong the gradient still is, compared with where the loss enters."""
    norm, first = float(norms[step]), float(norms[entrance])
    start = entrance % len(norms)
    place = opening(example.step(step))
    if not norm < math.inf:
        return f"{place}: the gradient is more than float32 can hold."
    if step == start:
        return f"{place}: here the loss enters."
    if not norm:
        return f"{place}: nothing arrives here."
    if not 0 < first < math.inf:
        return f"{place}: the gradient cannot be compared with {example.step_name} {start + 1}'s."
    return f"{place}: {compared(norm / first)}."
