"""What one hidden unit does on an example, beside its average for each class."""

import math

from jaxtyping import Float
from torch import Tensor

from seqviz.data.examples import Example
from seqviz.figures.chart import Chart
from seqviz.figures.style import styled
from seqviz.palette import CELL_COLOURS, Mode
from seqviz.specs import Cell


def unit_figure(
    unit: int,
    course: Float[Tensor, " time"],
    averages: Float[Tensor, "classes time"],
    cell: Cell,
    example: Example,
    mode: Mode,
) -> Chart:
    """The unit's hidden state step by step: thick for this example, thin and named at the end for each class's mean."""
    steps = list(range(1, len(course) + 1))
    this, step_name = f"this {example.noun}", example.step_name
    figure = Chart()
    for label, average in zip(example.classes, averages.tolist(), strict=False):
        course_of_class = [None if math.isnan(value) else value for value in average[: len(steps)]]
        end = max((step for step, value in enumerate(course_of_class) if value is not None), default=0)
        figure.add_scatter(
            x=steps[: len(course_of_class)],
            y=course_of_class,
            mode="lines+text",
            text=[""] * end + [label],
            textposition="middle right",
            line={"width": 1.2, "color": "rgba(128, 128, 128, 0.9)"},
            name=f"mean of class {label}",
            showlegend=False,
            hovertemplate=f"mean of class {label}<br>{step_name} %{{x}}: h = %{{y:.3f}}<extra></extra>",
        )
    figure.add_scatter(
        x=steps,
        y=course.tolist(),
        mode="lines+markers",
        line={"width": 4, "color": CELL_COLOURS[cell]},
        marker={"size": 7},
        name=this,
        showlegend=False,
        hovertemplate=f"{this}<br>{step_name} %{{x}}: h = %{{y:.3f}}<extra></extra>",
    )
    room = max(1.5, 0.02 * len(steps) * max(map(len, example.classes)))
    figure.update_xaxes(range=[0.5, len(steps) + room])
    title = f"Unit {unit}: {this} (thick) and each class's mean"
    return styled(figure, title, step_name, f"hidden state h[{unit}]", mode)
