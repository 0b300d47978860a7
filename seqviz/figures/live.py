"""Curves that grow while a network trains: Vega-Lite, which updates in place (see docs/architecture.md).

The specification is a plain dict: building it through Altair took 15 ms a chart, which training would have to wait for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Line:
    """One curve: its name in the legend, its points, its colour; `faint` stands back, `dots` marks each point."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    colour: str
    faint: bool = False
    dots: bool = False


def live_curve(
    title: str,
    lines: Sequence[Line],
    x_limit: float,
    unit: str,
    *,
    log: bool = False,
    percent: bool = False,
    low: float | None = None,
    references: Mapping[str, float] | None = None,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Data and specification of lines over training steps, on an axis that spans the whole run from the start.

    While a run grows only the data changes. `low` fixes the axis to [low, 1]; `references` are dashed, named rules.
    """
    data = pd.DataFrame(
        [(line.name, line.faint, line.dots, x, y) for line in lines for x, y in zip(line.x, line.y, strict=True)],
        columns=["line", "faint", "dots", "step", "value"],
    )
    scale: dict[str, Any] = {"type": "log" if log else "linear", "clamp": True}
    if not log:
        scale["zero"] = False
    if low is not None:
        scale["domain"] = [low, 1.0]
    legend = {"title": None, "orient": "bottom", "columns": 2, "symbolType": "stroke"} if len(lines) > 1 else None
    encoding = {
        "x": {
            "field": "step",
            "type": "quantitative",
            "title": "step",
            "scale": {"domain": [0, x_limit], "nice": False},
        },
        "y": {
            "field": "value",
            "type": "quantitative",
            "title": unit,
            "scale": scale,
            "axis": {"format": "%" if percent else "~g", "tickCount": 5},
        },
        "color": {
            "field": "line",
            "type": "nominal",
            "scale": {"domain": [line.name for line in lines], "range": [line.colour for line in lines]},
            "legend": legend,
        },
        "tooltip": [
            {"field": "line", "type": "nominal"},
            {"field": "step", "type": "quantitative", "format": ".0f"},
            {"field": "value", "type": "quantitative", "format": ".2%" if percent else ".4g"},
        ],
    }
    layers = [
        _layer(encoding, "datum.faint", {"type": "line", "strokeWidth": 1.2, "opacity": 0.45}),
        _layer(encoding, "!datum.faint", {"type": "line", "strokeWidth": 2.5}),
        _layer(encoding, "datum.dots", {"type": "point", "filled": True, "size": 60, "opacity": 1}),
    ]
    return data, {"title": title, "height": 330, "layer": layers + _dashed(references or {})}


def _layer(encoding: Mapping[str, Any], keep: str, mark: Mapping[str, Any]) -> dict[str, Any]:
    return {"transform": [{"filter": keep}], "mark": mark, "encoding": encoding}


def _dashed(references: Mapping[str, float]) -> list[dict[str, Any]]:
    """A rule and a name for each, the names side by side so that close values stay readable."""
    layers: list[dict[str, Any]] = []
    for i, (name, value) in enumerate(references.items()):
        y = {"datum": value, "type": "quantitative"}
        layers.append({"mark": {"type": "rule", "strokeDash": [5, 4], "color": "gray"}, "encoding": {"y": y}})
        text = {"type": "text", "align": "left", "dy": -6, "color": "gray", "text": name}
        layers.append({"mark": text, "encoding": {"y": y, "x": {"value": 4 + 76 * i}}})
    return layers
