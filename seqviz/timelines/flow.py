"""The gradient's way back as a timeline that runs backwards: the digit, the norm at each row, every unit's share."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from seqviz.instruments.gradients import LayerGradients
from seqviz.instruments.order import unit_order
from seqviz.player.timeline import Heatmap, Picture, Text, Timeline
from seqviz.timelines.wording import times

DECADES = 6
BAND = 10  # pixels a row in the picture of norms


def flow_timeline(image: Float[Tensor, "time input"], flow: LayerGradients, title: str, index: int = 0) -> Timeline:
    """One sample's gradient in one layer (number `index` in the order of `h_n`), from where the loss enters it: from
    the last row to the first, and in a backward layer from the first to the last.

    Norms are drawn on a log scale whose paper is 10^-DECADES of the largest.
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
    limit = max(float(shown.abs().max()) / 2, 1e-30)
    panels = (
        Text("Gradient", [_sentence(norms, row, 0 if forward_in_rows else -1) for row in range(len(norms))]),
        Picture("The digit", image.numpy()),
        Picture("Its norm, log scale to 10⁻⁶", band.numpy()),
        Heatmap(
            f"Gradient ∂L/∂h of every unit, in units of {limit:.1e}",
            (shown / limit).numpy(),
            order.tolist(),
            symbol="∂L/∂h",
            layer=index,
        ),
    )
    return Timeline(len(image), panels, (title,), backwards=not forward_in_rows)


def _sentence(norms: Float[Tensor, " time"], row: int, entrance: int) -> str:
    """How strong the gradient still is, against where the loss enters."""
    norm, first = float(norms[row]), float(norms[entrance])
    start = entrance % len(norms)
    if not norm < math.inf:
        return f"Row {row + 1}: the gradient is more than float32 can hold."
    if row == start:
        return f"Row {row + 1}: here the loss enters; its gradient has a norm of {norm:.2g}."
    if not norm:
        return f"Row {row + 1}: nothing arrives here."
    if not 0 < first < math.inf:
        return f"Row {row + 1}: the gradient has a norm of {norm:.2g}."
    weaker = first / norm
    if 1 / 1.05 < weaker < 1.05:
        return f"Row {row + 1}: the gradient is as strong as at row {start + 1}."
    how = f"{times(weaker)} weaker" if weaker > 1 else f"{times(1 / weaker)} stronger"
    return f"Row {row + 1}: the gradient is {how} than at row {start + 1}."
