"""Curves that grow while a network trains: Vega-Lite, which updates in place (see docs/architecture.md).

The specification is a plain dict: building it through Altair took 15 ms a chart, which training would have to wait for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Line:
    """One curve: its name in the legend, its points, its colour and dashes; a `faint` one stands back, unnamed."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    colour: str
    faint: bool = False
    dots: bool = False
    dash: tuple[int, ...] = ()


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
    epoch: float | None = None,
    height: int = 330,
    legend: str = "bottom",
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Data and specification of lines over training steps, on an axis that spans the whole run from the start.

    While a run grows only the data changes. `low` fixes the axis to [low, 1]; `references` are dashed, named rules.
    With `epoch`, the number of steps in one, the axis counts epochs, too. The `legend` stands at the "bottom" or, where
    room is dear, in a corner of the plot that the lines leave free ("top-right", "bottom-right").
    """
    lines = _told_apart(lines)
    rows = [
        (line.name, kind, x, y) for line in lines for kind in _kinds(line) for x, y in zip(line.x, line.y, strict=True)
    ]
    for i, (name, value) in enumerate((references or {}).items()):
        rows += [(name, "rule", 0.0, value), (name, "rule", x_limit, value)]
        rows.append((name, "label", x_limit * (i + 0.1) / len(references or {}), value))
    data = pd.DataFrame(rows, columns=["line", "kind", "step", "value"])
    scale: dict[str, Any] = {"type": "log" if log else "linear"}
    if not log:
        scale["zero"] = False
    if references and low is None:
        scale["padding"] = 16  # room for a name above the highest
    if low is not None:
        scale["domain"] = [low, 1.0]
    y = {"title": unit or None, "scale": scale, "axis": {"format": "%" if percent else "~g", "tickCount": 5}}
    encoding: dict[str, Any] = {
        "x": {"field": "step", "type": "quantitative", **_steps(x_limit, epoch)},
        "y": {"field": "value", "type": "quantitative", **y},
        "color": _channel(lines, [line.colour for line in lines], legend),
        "strokeDash": _channel(lines, [list(line.dash) or [1, 0] for line in lines], legend),
        "tooltip": [
            {"field": "line", "type": "nominal"},
            {"field": "step", "type": "quantitative", "format": ".0f"},
            {"field": "value", "type": "quantitative", "format": ".2%" if percent else ".4g"},
        ],
    }
    layers = [
        _layer("faint", {"type": "line", "strokeWidth": 1.2, "opacity": 0.45}, encoding),
        _layer("line", {"type": "line", "strokeWidth": 2.5}, encoding),
        _layer("dots", {"type": "point", "filled": True, "size": 60, "opacity": 1, "clip": False}, encoding),
        *(_rules(encoding) if references else ()),
    ]
    return data, {"title": title, "description": title, "height": height, "layer": layers}


def _told_apart(lines: Sequence[Line]) -> list[Line]:
    """Two lines of one name, which Vega-Lite would join into one, get a number each but the first."""
    found: list[Line] = []
    for line in lines:
        alike = sum(one.name == line.name for one in lines[: len(found)])
        found.append(replace(line, name=f"{line.name} ({alike + 1})") if alike else line)
    return found


def _channel(lines: Sequence[Line], values: Sequence[object], corner: str) -> dict[str, Any]:
    """One value a line, and a legend of those that do not stand back, where there are several."""
    named = [line.name for line in lines if not line.faint]
    look = {
        "title": None,
        "orient": corner,
        "symbolType": "stroke",
        "symbolOpacity": 1,
        "offset": 4 if corner != "bottom" else 18,
    }
    legend = look | {"values": named} if len(named) > 1 else None
    scale = {"domain": [line.name for line in lines], "range": list(values)}
    return {"field": "line", "type": "nominal", "scale": scale, "legend": legend}


def _steps(limit: float, epoch: float | None) -> dict[str, Any]:
    """The axis of steps; with `epoch`, how many epochs that is, under each tick."""
    scale = {"domain": [0, limit], "nice": False}
    if not epoch:
        return {"title": "step", "scale": scale}
    step, epochs = "'step ' + format(datum.value, ',d')", f"'epoch ' + format(datum.value / {epoch}, '.1~f')"
    return {"title": None, "scale": scale, "axis": {"labelExpr": f"[{step}, {epochs}]", "tickCount": 3}}


def _rules(encoding: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Named, dashed, grey lines for comparison."""
    grey = {name: channel for name, channel in encoding.items() if name not in ("color", "strokeDash")}
    grey["detail"] = encoding["color"]
    dashed = {"type": "line", "strokeDash": [5, 4], "strokeWidth": 1, "color": "gray"}
    label = {"type": "text", "align": "left", "dy": -9, "color": "gray", "fontSize": 12}
    text = {"text": {"field": "line", "type": "nominal"}}
    return [_layer("rule", dashed, grey), _layer("label", label, grey | text)]


def _kinds(line: Line) -> list[str]:
    return ["faint"] if line.faint else ["line", "dots"] if line.dots else ["line"]


def _layer(kind: str, mark: Mapping[str, Any], encoding: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "transform": [{"filter": f"datum.kind === '{kind}'"}],
        "mark": {"aria": False, "clip": True, **mark},
        "encoding": encoding,
    }
