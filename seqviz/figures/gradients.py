"""Gradients against rows, distance and training steps."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from seqviz.figures.chart import Chart
from seqviz.figures.style import ink_scale, plain, styled
from seqviz.palette import INK, Mode

DECADES = 12


@dataclass(frozen=True)
class Course:
    """One curve: its name, a value for each row or distance, its colour, and how it is drawn.

    What is `theory` does not set the range of the picture.
    """

    name: str
    values: Float[Tensor, " time"]
    colour: str
    dash: str = "solid"
    width: float = 3
    dots: bool = False
    theory: bool = False


def decay_figure(
    courses: Sequence[Course], title: str, x: str, y: str, mode: Mode, at: Sequence[int] = (), entrance: int = -1
) -> Chart:
    """Curves on a log scale, `at` these places (default: rows from 1).

    What was measured sets the range, at most `DECADES` away from where the gradient enters: theory may leave the
    picture, and one curve that explodes does not flatten the others.
    """
    figure = Chart()
    for course in courses:
        solid = course.dash == "solid"
        figure.add_scatter(
            x=list(at) if at else list(range(1, 1 + len(course.values))),
            y=_positive(course.values),
            mode="markers" if course.dots else "lines",
            marker={
                "color": course.colour,
                "size": 9,
                "symbol": "diamond-open" if solid else "circle-open",
            },
            name=plain(course.name),
            line={"color": course.colour, "width": course.width, "dash": course.dash},
            hovertemplate=f"{plain(course.name)}<br>{x} %{{x}}: %{{y:.3g}}<extra></extra>",
        )
    low, high = _powers([course.values for course in courses if not course.theory], entrance)
    figure.update_xaxes(range=[(at or [1])[0] - 0.5, (at or [len(courses[0].values)])[-1] + 0.5])
    figure.update_yaxes(
        type="log", exponentformat="power", range=[low - 0.4, high + 0.8], dtick=max(1, round((high - low) / 6))
    )
    return styled(figure, title, x, y, mode, 420)


def _positive(values: Float[Tensor, " time"]) -> list[float | None]:
    """What a log scale can show; the rest are gaps."""
    return [value if 0 < value < math.inf else None for value in values.tolist()]


def _powers(measured: Sequence[Float[Tensor, " time"]], entrance: int) -> tuple[float, float]:
    """The smallest and the largest power of ten to show."""
    there = torch.cat([values[(values > 0) & values.isfinite()] for values in measured]).double().log10()
    if not len(there):
        return -1.0, 1.0
    entrances = [float(values[entrance]) for values in measured if 0 < float(values[entrance]) < math.inf]
    anchor = math.log10(sorted(entrances)[len(entrances) // 2]) if entrances else float(there.median())
    return max(float(there.min()), anchor - DECADES), min(float(there.max()), anchor + DECADES)


def training_figure(
    norms: Float[Tensor, "steps time"],
    steps: Sequence[int],
    title: str,
    largest: float,
    mode: Mode,
    step_name: str = "row",
) -> Chart:
    """Gradient norm by training step and time step; the colour is its power of ten, six of them below `largest`."""
    powers = norms.clamp(min=1e-30).log10()
    high = math.log10(max(largest, 1e-30))
    figure = Chart().add_heatmap(
        z=powers.tolist(),
        x=list(range(1, norms.shape[1] + 1)),
        y=[f"{step:,}" for step in steps],
        colorscale=ink_scale(mode),
        zmin=high - 6,
        zmax=high,
        colorbar={"thickness": 12, "tickprefix": "10<sup>", "ticksuffix": "</sup>"},
        hovertemplate=f"after %{{y}} steps, {step_name} %{{x}}: 10^%{{z:.2f}}<extra></extra>",
    )
    figure.update_yaxes(type="category", automargin=True)
    return styled(figure, title, step_name, "after training step", mode, 320)


def clipping_figure(norms: Sequence[float], limit: float | None, title: str, colour: str, mode: Mode) -> Chart:
    """The norm of the whole gradient at each training step: as it came (solid), and as it was used (dots)."""
    before = torch.tensor(norms)
    courses = [Course("as it came", before, colour)]
    if limit is not None:
        courses.append(Course("after clipping", before.clamp(max=limit), INK[mode], "dot", 2))
    figure = decay_figure(courses, title, "training step", "gradient norm", mode)
    return figure.update_xaxes(dtick=1 if len(norms) < 8 else None)  # there are no half steps


def distance_figure(
    curves: Sequence[tuple[str, str, Mapping[int, Sequence[float]]]], x: str, chance: float, mode: Mode
) -> Chart:
    """Accuracy against distance: for each curve (name, colour, accuracies by distance) the mean, and its range."""
    figure = Chart()
    for (name, colour, values), symbol in zip(curves, ("circle", "square", "diamond"), strict=False):
        means = [sum(seeds) / len(seeds) for seeds in values.values()]
        figure.add_scatter(
            x=[str(distance) for distance in values],
            y=means,
            mode="lines+markers",
            name=name,
            line={"color": colour, "width": 3},
            marker={"size": 10, "symbol": symbol},
            error_y={
                "type": "data",
                "array": [max(seeds) - mean for seeds, mean in zip(values.values(), means, strict=True)],
                "arrayminus": [mean - min(seeds) for seeds, mean in zip(values.values(), means, strict=True)],
                "visible": any(len(seeds) > 1 for seeds in values.values()),
            },
            hovertemplate=f"{name}<br>distance %{{x}}: %{{y:.1%}}<extra></extra>",
        )
    figure.add_hline(chance, line={"dash": "dot", "color": "gray"}, annotation_text="chance")
    figure.update_xaxes(type="category")
    figure.update_yaxes(range=[0, 1.04], tickformat=".0%")
    return styled(figure, "Accuracy on the test split against distance", x, "accuracy", mode, 400)
