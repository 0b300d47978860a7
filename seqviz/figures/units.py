"""What one hidden unit does on this digit, beside its average for each class."""

from jaxtyping import Float
from torch import Tensor

from seqviz.figures.chart import Chart
from seqviz.figures.style import styled
from seqviz.palette import CELL_COLOURS, Mode
from seqviz.specs import Cell


def unit_figure(
    unit: int,
    course: Float[Tensor, " time"],
    averages: Float[Tensor, "classes time"],
    cell: Cell,
    mode: Mode,
) -> Chart:
    """The unit's hidden state row by row: thick for this digit, thin and named at the end for each class's mean."""
    rows = list(range(1, len(course) + 1))
    figure = Chart()
    for label, average in enumerate(averages.tolist()):
        figure.add_scatter(
            x=rows,
            y=average,
            mode="lines+text",
            text=[""] * (len(rows) - 1) + [str(label)],
            textposition="middle right",
            line={"width": 1.2, "color": "rgba(128, 128, 128, 0.9)"},
            name=f"mean of class {label}",
            showlegend=False,
            hovertemplate=f"mean of class {label}<br>row %{{x}}: h = %{{y:.3f}}<extra></extra>",
        )
    figure.add_scatter(
        x=rows,
        y=course.tolist(),
        mode="lines+markers",
        line={"width": 4, "color": CELL_COLOURS[cell]},
        marker={"size": 7},
        name="this digit",
        showlegend=False,
        hovertemplate="this digit<br>row %{x}: h = %{y:.3f}<extra></extra>",
    )
    figure.update_xaxes(range=[0.5, len(rows) + 1.5])
    return styled(
        figure, f"Unit {unit}: this digit (thick) and each class's mean", "row", f"hidden state h[{unit}]", mode
    )
