"""The gradient's way back as a timeline that runs backwards: the digit, the norm at each row, every unit's share."""

import torch
from jaxtyping import Float
from torch import Tensor

from seqviz.instruments.gradients import LayerGradients
from seqviz.instruments.order import unit_order
from seqviz.player.timeline import Heatmap, Picture, Text, Timeline

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
    norm, first = float(norms[row]), float(norms[entrance])
    if not norm < float("inf"):
        return f"Row {row + 1}: the gradient is more than float32 can hold."
    share = f", {norm / first:.3g} of that at row {entrance % len(norms) + 1}" if 0 < first < float("inf") else ""
    return f"Row {row + 1}: ‖∂L/∂h‖ = {norm:.2e}{share}."
