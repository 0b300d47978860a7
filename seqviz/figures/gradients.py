"""Gradients against rows, distance and training steps."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
import torch
from jaxtyping import Float
from torch import Tensor

from seqviz.figures.style import ink_scale, styled
from seqviz.palette import Mode


@dataclass(frozen=True)
class Course:
    """One curve: its name, a value for each row or distance, its colour, and how it is drawn."""

    name: str
    values: Float[Tensor, " time"]
    colour: str
    dash: str = "solid"
    width: float = 3
    dots: bool = False


def decay_figure(courses: Sequence[Course], title: str, x: str, y: str, mode: Mode, first: int = 1) -> go.Figure:
    """Curves on a log scale. The measured (solid) ones set the range, so that a bound may leave the picture."""
    figure = go.Figure()
    for course in courses:
        figure.add_scatter(
            x=list(range(first, first + len(course.values))),
            y=[value if 0 < value < math.inf else None for value in course.values.tolist()],
            mode="markers" if course.dots else "lines",
            marker={"color": course.colour, "size": 9, "symbol": "diamond-open"},
            name=course.name,
            line={"color": course.colour, "width": course.width, "dash": course.dash},
            hovertemplate=f"{course.name}<br>{x} %{{x}}: %{{y:.3g}}<extra></extra>",
        )
    measured = torch.cat([course.values for course in courses if course.dash == "solid"])
    there = measured[(measured > 0) & measured.isfinite()]
    if len(there):
        low, high = math.log10(float(there.min())), math.log10(float(there.max()))
        figure.update_yaxes(range=[max(low, high - 12) - 0.4, high + 0.8])
    figure.update_yaxes(type="log", exponentformat="power", dtick=1 if len(there) and high - low < 8 else 2)
    return styled(figure, title, x, y, mode, 420)


def training_figure(norms: Float[Tensor, "steps time"], steps: Sequence[int], title: str, mode: Mode) -> go.Figure:
    """Gradient norm by training step and row; the colour is its power of ten."""
    powers = norms.clamp(min=1e-12).log10()
    figure = go.Figure(
        go.Heatmap(
            z=powers.tolist(),
            x=list(range(1, norms.shape[1] + 1)),
            y=[f"{step:,}" for step in steps],
            colorscale=ink_scale(mode),
            zmin=float(powers.max()) - 6,
            zmax=float(powers.max()),
            colorbar={"thickness": 12, "tickprefix": "10^"},
            hovertemplate="after %{y} steps, row %{x}: 10^%{z:.2f}<extra></extra>",
        )
    )
    figure.update_yaxes(type="category")
    return styled(figure, title, "row", "training step", mode, 320)
