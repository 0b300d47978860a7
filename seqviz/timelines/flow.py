"""The gradient's way back as a timeline that runs backwards: the digit, the norm at each row, every unit's share."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from seqviz.instruments.gradients import LayerGradients
from seqviz.instruments.order import unit_order
from seqviz.player.timeline import Heatmap, Picture, Text, Timeline
from seqviz.timelines.wording import compared

DECADES = 6
BAND = 10  # pixels a row in the picture of norms


def colour_limit(flows: Sequence[LayerGradients]) -> float:
    """Where the colour of a unit's gradient is full, for all of these layers alike."""
    finite = [flow.hidden_grad[flow.hidden_grad.isfinite()].abs() for flow in flows]
    return max([1e-30, *(float(values.max()) / 2 for values in finite if len(values))])


def flow_timeline(
    image: Float[Tensor, "time input"], flow: LayerGradients, limit: float, title: str = "", index: int = 0
) -> Timeline:
    """One sample's gradient in one layer (number `index` in the order of `h_n`), from where the loss enters it: from
    the last row to the first, and in a backward layer from the first to the last.

    Norms are drawn on a log scale whose paper is 10^-DECADES of the largest; a unit's colour is full at `limit`.
    """
    grads = flow.hidden_grad[0]  # (time, hidden)
    norms, forward_in_rows = flow.norms[0], flow.direction == "backward"
    finite = norms[norms.isfinite()]
    largest = float(finite.max()) if len(finite) else 0.0
    shares = 1 + (norms / max(largest, 1e-38)).clamp(min=1e-30).log10() / DECADES
    band = torch.nan_to_num(shares, 1.0, 1.0, 0.0).clamp(0, 1)[:, None].expand(-1, BAND)
    shown = torch.nan_to_num(grads, 0.0, largest, -largest)
    order = unit_order(shown, "similarity")
    shown = shown[:, order]
    panels = (
        Text("Gradient", [_sentence(norms, row, 0 if forward_in_rows else -1) for row in range(len(norms))]),
        Picture("The digit", image.numpy()),
        Picture("Norm, log scale", band.numpy()),
        Heatmap(
            "Gradient ∂L/∂h of every unit",
            shown.numpy(),
            order.tolist(),
            symbol="∂L/∂h",
            limit=limit,
            layer=index,
        ),
    )
    return Timeline(len(image), panels, (title,), backwards=not forward_in_rows)


def _sentence(norms: Float[Tensor, " time"], row: int, entrance: int) -> str:
    """How strong the gradient still is, compared with where the loss enters."""
    norm, first = float(norms[row]), float(norms[entrance])
    start = entrance % len(norms)
    if not norm < math.inf:
        return f"Row {row + 1}: the gradient is more than float32 can hold."
    if row == start:
        return f"Row {row + 1}: here the loss enters."
    if not norm:
        return f"Row {row + 1}: nothing arrives here."
    if not 0 < first < math.inf:
        return f"Row {row + 1}: the gradient cannot be compared with row {start + 1}'s."
    return f"Row {row + 1}: {compared(norm / first)}."
