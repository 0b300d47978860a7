"""Attributions on the player's clock: the digit with its scores over it, and each row's total beside it."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor

from seqviz.instruments.layer_attribution import LayerAttribution
from seqviz.player.timeline import Heatmap, Panel, Picture, Text, Timeline


def attribution_timeline(
    image: Float[Tensor, "time input"], scores: Float[Tensor, "time input"], title: str
) -> Timeline:
    """One method on one digit. Colours are full at the 99th percentile, so that one pixel does not pale all others."""
    limit = max(1e-9, float(scores.abs().flatten().quantile(0.99)))
    rows = scores.sum(dim=-1)
    name = "Scores, and each row's total"
    panels = (Text("Row", _sentences(rows)), Picture(name, image.numpy(), scores.numpy(), rows.numpy(), limit))
    return Timeline(len(image), panels, (title,))


def layer_attribution_timeline(
    image: Float[Tensor, "time input"], attribution: LayerAttribution, order: Sequence[int], title: str
) -> Timeline:
    """What each unit carried at each row, the units in the same `order`; blue is against the target."""
    values = attribution.values[:, list(order)]
    limit = max(1e-9, float(values.abs().flatten().quantile(0.995)))
    name = "Conductance" if attribution.kind == "conductance" else "Internal influence"
    panels: tuple[Panel, ...] = (
        Text("Row", [_carried(row, attribution.values[row]) for row in range(len(image))]),
        Picture("The digit, read so far", image.numpy()),
        Heatmap(
            f"{name} of every unit at every row",
            values.numpy(),
            list(order),
            symbol="",
            limit=limit,
            layer=attribution.layer,
        ),
    )
    return Timeline(len(image), panels, (title,))


def _sentences(rows: Float[Tensor, " time"]) -> list[str]:
    whole = float(rows.abs().sum()) or 1.0
    return [
        f"Row {step + 1}: {total:+.2f}, {abs(total) / whole:.0%} of all rows."
        for step, total in enumerate(rows.tolist())
    ]


def _carried(row: int, values: Float[Tensor, " hidden"]) -> str:
    unit = int(values.abs().argmax())
    together = float(values.sum())
    return f"After row {row + 1}: all units together {together:+.2f}, most by unit {unit} ({values[unit]:+.2f})."
