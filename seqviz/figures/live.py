"""Curves that grow while a network trains. Altair, because it updates in place (see docs/architecture.md)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import altair as alt
import pandas as pd


@dataclass(frozen=True)
class Line:
    """One curve: its name in the legend, its points, its colour, and whether it stands back."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    colour: str
    faint: bool = False
    points: bool = False


def live_curve(
    title: str,
    lines: Sequence[Line],
    x_limit: float,
    unit: str = "",
    *,
    log: bool = False,
    percent: bool = False,
    references: Mapping[str, float] | None = None,
) -> alt.LayerChart:
    """Lines over training steps on an axis that spans the whole run from the start, so that nothing jumps.

    `references` are horizontal dashed lines with a name.
    """
    frame = pd.DataFrame(
        [(line.name, x, y) for line in lines for x, y in zip(line.x, line.y, strict=True)],
        columns=["line", "step", "value"],
    )
    colours = alt.Scale(domain=[line.name for line in lines], range=[line.colour for line in lines])
    x = alt.X("step:Q", title="step", scale=alt.Scale(domain=[0, x_limit], nice=False))
    y = alt.Y(
        "value:Q",
        title=unit,
        scale=alt.Scale(type="log" if log else "linear", zero=False, clamp=True),
        axis=alt.Axis(format="%" if percent else "~g", tickCount=5),
    )
    base = alt.Chart(frame).encode(
        x=x,
        y=y,
        color=alt.Color("line:N", scale=colours, legend=alt.Legend(title=None, orient="bottom", columns=2)),
        tooltip=[
            "line:N",
            alt.Tooltip("step:Q", format=".0f"),
            alt.Tooltip("value:Q", format=".2%" if percent else ".4g"),
        ],
    )
    faint = [line.name for line in lines if line.faint]
    dotted = [line.name for line in lines if line.points]
    layers: list[alt.Chart] = [
        base.mark_line(strokeWidth=1.2, opacity=0.4).transform_filter(alt.FieldOneOfPredicate("line", faint)),
        base.mark_line(strokeWidth=2.5).transform_filter(~alt.FieldOneOfPredicate("line", faint)),
        base.mark_point(filled=True, size=60).transform_filter(alt.FieldOneOfPredicate("line", dotted)),
    ]
    if references:
        rules = pd.DataFrame(sorted(references.items()), columns=["name", "value"])
        dashed = alt.Chart(rules).encode(y="value:Q")
        layers.append(dashed.mark_rule(strokeDash=[5, 4], color="gray").encode(tooltip=["name:N"]))
        layers.append(dashed.mark_text(align="left", dx=4, dy=-6, color="gray").encode(x=alt.value(0), text="name:N"))
    return alt.layer(*layers).properties(title=title, height=260)
