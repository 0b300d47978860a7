"""Attributions on the player's clock: the example with its scores over it, and each step's total."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor

from seqviz.data.examples import Digit, Example
from seqviz.instruments.layer_attribution import LayerAttribution
from seqviz.player.timeline import Heatmap, Panel, Text, Timeline
from seqviz.timelines.examples import example_panel, example_timeline, scored_panel
from seqviz.timelines.wording import opening


def attribution_timeline(example: Example, scores: Float[Tensor, "time input"], title: str) -> Timeline:
    """One method on one example; colours of pixels are full at their 99th percentile: one does not pale all others."""
    limit = max(1e-9, float(scores.abs().flatten().quantile(0.99)))
    name = "Scores, and each row's total" if isinstance(example, Digit) else "Each word's score"
    panels = (
        Text("Step", _sentences(example, scores.sum(dim=-1))),
        scored_panel(example, name, scores.numpy(), limit),
    )
    return example_timeline(example, panels, title)


def layer_attribution_timeline(
    example: Example, attribution: LayerAttribution, order: Sequence[int], title: str
) -> Timeline:
    """What each unit carried at each step, the units in the same `order`; blue is against the target."""
    values = attribution.values[:, list(order)]
    limit = max(1e-9, float(values.abs().flatten().quantile(0.995)))
    name = "Conductance" if attribution.kind == "conductance" else "Internal influence"
    panels: tuple[Panel, ...] = (
        Text("Step", [_carried(example.step(step), values) for step, values in enumerate(attribution.values)]),
        example_panel(example),
        Heatmap(
            f"{name} of every unit at every {example.step_name}",
            values.numpy(),
            list(order),
            symbol="",
            limit=limit,
            layer=attribution.layer,
        ),
    )
    return example_timeline(example, panels, title)


def _sentences(example: Example, totals: Float[Tensor, " time"]) -> list[str]:
    whole = float(totals.abs().sum()) or 1.0
    return [
        f"{opening(example.step(step))}: {total:+.2f}, {abs(total) / whole:.0%} of all {example.step_name}s."
        for step, total in enumerate(totals.tolist())
    ]


def _carried(place: str, values: Float[Tensor, " hidden"]) -> str:
    unit = int(values.abs().argmax())
    together = float(values.sum())
    return f"After {place}: all units together {together:+.2f}, most by unit {unit} ({values[unit]:+.2f})."
