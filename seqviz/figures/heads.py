"""Heads compared: accuracies over seeds, after each row, with rows cut; and the linear layer's weights as a picture."""

from collections.abc import Mapping, Sequence

from jaxtyping import Float
from torch import Tensor

from seqviz.figures.chart import Chart
from seqviz.figures.style import plain, signed_scale, styled
from seqviz.palette import CELL_COLOURS, CELL_NAMES, HEAD_NAMES, INK, Mode
from seqviz.specs import Cell, HeadKind

SYMBOLS: dict[str, str] = {"last": "circle", "concat": "square", "mean": "diamond", "max": "cross", "attention": "star"}


def seeds_figure(accuracies: Mapping[Cell, Mapping[HeadKind, Sequence[float]]], title: str, mode: Mode) -> Chart:
    """One dot a run, a line from the smallest to the largest, a bar at the mean; heads of a cell side by side."""
    figure = Chart()
    for cell, heads in accuracies.items():
        for head, values in heads.items():
            where = [f"{CELL_NAMES[cell]}<br>{HEAD_NAMES[head]}"] * len(values)
            figure.add_scatter(
                x=where,
                y=list(values),
                mode="lines+markers",
                line={"color": CELL_COLOURS[cell], "width": 2},
                marker={"color": CELL_COLOURS[cell], "size": 9, "symbol": f"{SYMBOLS[head]}-open"},
                showlegend=False,
                hovertemplate=f"{CELL_NAMES[cell]}, {HEAD_NAMES[head]}: %{{y:.2%}}<extra></extra>",
            )
            figure.add_scatter(
                x=where[:1],
                y=[sum(values) / len(values)],
                mode="markers",
                marker={"symbol": "line-ew", "size": 26, "line": {"width": 4, "color": INK[mode]}},
                showlegend=False,
                hovertemplate="mean %{y:.2%}<extra></extra>",
            )
    figure.update_xaxes(type="category")
    figure.update_yaxes(tickformat=".1%")
    return styled(figure, title, "", "accuracy on the test split", mode, 400)


def by_row_figure(
    curves: Mapping[str, tuple[str, str, Float[Tensor, " time"]]], title: str, x: str, mode: Mode, start: int = 1
) -> Chart:
    """Accuracy against a number of rows from `start`; each curve by name with its colour and dash."""
    figure = Chart()
    for name, (colour, dash, values) in curves.items():
        figure.add_scatter(
            x=list(range(start, start + len(values))),
            y=values.tolist(),
            mode="lines",
            name=plain(name),
            line={"color": colour, "width": 3, "dash": dash},
            hovertemplate=f"{plain(name)}<br>%{{x}} rows: %{{y:.1%}}<extra></extra>",
        )
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%")
    return styled(figure, title, x, "accuracy", mode, 380)


def confident_figure(curves: Mapping[str, tuple[str, str, Float[Tensor, " classes"]]], mode: Mode) -> Chart:
    """The mean first confident row of each class."""
    figure = Chart()
    for name, (colour, symbol, rows) in curves.items():
        figure.add_scatter(
            x=[str(label) for label in range(len(rows))],
            y=[None if row != row else row + 1 for row in rows.tolist()],
            mode="markers",
            name=plain(name),
            marker={"color": colour, "size": 12, "symbol": symbol},
            hovertemplate=f"{plain(name)}<br>class %{{x}}: row %{{y:.1f}}<extra></extra>",
        )
    figure.update_xaxes(type="category")
    return styled(figure, "First confident row (90 % and more, for good)", "class", "row", mode, 380)


def weights_figure(weights: Float[Tensor, "time hidden"], label: int, mode: Mode) -> Chart:
    """The linear layer's weights for one class: 28 rows side by side, each with all its units."""
    limit = float(weights.abs().max())
    figure = Chart().add_heatmap(
        z=weights.T.tolist(),
        x=list(range(1, len(weights) + 1)),
        colorscale=signed_scale(mode),
        zmin=-limit,
        zmax=limit,
        colorbar={"thickness": 12},
        hovertemplate="row %{x}, unit %{y}: %{z:.3f}<extra></extra>",
    )
    return styled(figure, f"Weights of the linear layer for class {label}", "row", "unit", mode, 420)
