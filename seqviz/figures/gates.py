"""How gates behave over many examples."""

import math
from collections.abc import Sequence
from typing import Any

from jaxtyping import Float
from torch import Tensor

from seqviz.data.examples import Digit
from seqviz.figures.chart import Chart
from seqviz.figures.style import ink_scale, signed_scale, styled
from seqviz.instruments.gates import GateStatistics
from seqviz.palette import GATE_COLOURS, Mode

SYMBOLS = {"input": "circle", "forget": "square", "output": "diamond", "reset": "square", "update": "circle"}


def distribution_figure(
    statistics: GateStatistics, mode: Mode, examples: str = "all digits", step: str = "row"
) -> Chart:
    """The share of values in each bin, step by step: dark where most of the gate's values are."""
    share = statistics.histogram / statistics.histogram.sum(dim=1, keepdim=True)
    low, high = statistics.limits
    bins = share.shape[1]
    centres = [low + (high - low) * (i + 0.5) / bins for i in range(bins)]
    figure = Chart().add_heatmap(
        z=share.T.tolist(),
        x=list(range(1, len(share) + 1)),
        y=centres,
        colorscale=ink_scale(mode),
        showscale=False,
        hovertemplate=f"{step} %{{x}}: %{{z:.1%}} of values near %{{y:.2f}}<extra></extra>",
    )
    return styled(
        figure, f"{statistics.gate.capitalize()} gate: all units, {examples}", step, "value of the gate", mode, 300
    )


def saturation_figure(
    gates: Sequence[GateStatistics], mode: Mode, unit: int | None = None, examples: str = "all digits"
) -> Chart:
    """One dot a unit: the share of time its gate is nearly closed against nearly open."""
    figure = Chart()
    for gate in gates:
        if gate.limits != (0.0, 1.0):
            continue
        units = list(range(len(gate.low)))
        figure.add_scatter(
            x=gate.low.tolist(),
            y=gate.high.tolist(),
            customdata=units,
            mode="markers",
            name=gate.gate,
            marker={
                "color": GATE_COLOURS[gate.gate],
                "symbol": SYMBOLS[gate.gate],
                **_picked(units, unit, 8),
            },
            hovertemplate="unit %{customdata}: %{x:.0%} of the time below 0.1, %{y:.0%} above 0.9<extra>"
            + gate.gate
            + "</extra>",
        )
    figure.update_xaxes(range=[-0.02, 1.02], tickformat=".0%")
    figure.update_yaxes(range=[-0.02, 1.02], tickformat=".0%")
    title = f"Saturation: one dot a unit, {examples}"
    return styled(figure, title, "share of time below 0.1", "share of time above 0.9", mode, 420)


def time_scale_figure(
    scale: Float[Tensor, " hidden"],
    gate: str,
    mode: Mode,
    unit: int | None = None,
    examples: str = "all digits",
    step: str = "row",
) -> Chart:
    """How long each unit keeps what it holds, shortest first."""
    order = scale.argsort()
    figure = Chart().add_scatter(
        x=list(range(1, len(scale) + 1)),
        y=scale[order].tolist(),
        customdata=order.tolist(),
        mode="markers",
        marker={"color": GATE_COLOURS[gate], **_picked(order.tolist(), unit, 7)},
        hovertemplate=f"unit %{{customdata}}: %{{y:.1f}} {step}s<extra></extra>",
    )
    figure.update_yaxes(type="log")
    return styled(
        figure,
        f"Memory time-scale from the {gate} gate, {examples}",
        "units, shortest first",
        f"{step}s to decay to 1/e",
        mode,
        420,
    )


def _picked(units: Sequence[int], unit: int | None, size: int) -> dict[str, Any]:
    """Markers of which the chosen unit's is large."""
    line = {"width": [3 if u == unit else 0.5 for u in units], "color": "gray"}
    return {"size": [2 * size if u == unit else size for u in units], "line": line}


def class_figure(
    statistics: GateStatistics, mode: Mode, classes: Sequence[str] = Digit.classes, step: str = "row"
) -> Chart:
    """The gate's mean over units, by class and step; a gate in [0, 1] on the whole of its range."""
    share = statistics.limits == (0.0, 1.0)
    widest = float(statistics.by_class.nan_to_num().abs().max())  # no text of a class may be so long
    figure = Chart().add_heatmap(
        z=[[None if math.isnan(mean) else mean for mean in means] for means in statistics.by_class.tolist()],
        x=list(range(1, statistics.by_class.shape[1] + 1)),
        y=list(classes),
        colorscale=ink_scale(mode) if share else signed_scale(mode),
        zmin=0 if share else -widest,
        zmax=1 if share else widest,
        colorbar={"thickness": 12},
        hovertemplate=f"class %{{y}}, {step} %{{x}}: mean %{{z:.3f}}<extra></extra>",
    )
    figure.update_yaxes(type="category")
    return styled(figure, f"Mean {statistics.gate} gate by class", step, "class", mode, 300)


def ablation_figure(loss: Float[Tensor, " hidden"], what: str, mode: Mode, shown: int = 20) -> Chart:
    """The units whose silencing costs most, the worst first."""
    order = loss.argsort(descending=True)[:shown].tolist()
    figure = Chart().add_bar(
        x=[str(unit) for unit in order],
        y=[float(loss[unit]) for unit in order],
        marker={"color": "gray"},
        hovertemplate="unit %{x}: %{y:.2%}<extra></extra>",
    )
    figure.update_xaxes(type="category", tickangle=-90, automargin=True)
    figure.update_yaxes(tickformat=".2~%", automargin=True)
    return styled(figure, f"Lost by silencing one unit: {what}", "unit", f"{what.split()[0]} lost", mode, 340)
