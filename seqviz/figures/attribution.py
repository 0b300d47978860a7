"""Whether attributions can be trusted: removal, grades, rank similarity; and how far back a network looks."""

from collections.abc import Mapping

from jaxtyping import Float
from torch import Tensor

from seqviz.figures.chart import Chart
from seqviz.figures.style import styled
from seqviz.instruments.removal import RemovalCurve
from seqviz.palette import CELL_COLOURS, CELL_NAMES, INK, Mode
from seqviz.specs import Cell

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F7F7F", "#B8A400", "#004D40", "#8C564B")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")


def removal_figure(curves: Mapping[str, RemovalCurve], at: float, title: str, what: str, mode: Mode) -> Chart:
    """Probability against the share that is gone (or back), each method's beside the mean of random orders."""
    figure = Chart()
    for (name, curve), colour, dash in zip(curves.items(), COLOURS, DASHES, strict=False):
        figure.add_scatter(
            x=curve.fractions.tolist(),
            y=curve.probability.tolist(),
            mode="lines",
            name=f"{name}: area {curve.area:.2f}",
            line={"color": colour, "width": 3, "dash": dash},
            hovertemplate=f"{name}<br>%{{x:.0%}} {what}: %{{y:.1%}}<extra></extra>",
        )
    first = next(iter(curves.values()))
    figure.add_scatter(
        x=first.fractions.tolist(),
        y=first.random.tolist(),
        mode="lines",
        name=f"random order: area {first.random_area:.2f}",
        line={"color": "gray", "width": 2, "dash": "dot"},
        hovertemplate=f"random order<br>%{{x:.0%}} {what}: %{{y:.1%}}<extra></extra>",
    )
    figure.add_vline(at, line={"dash": "dot", "color": INK[mode], "width": 1.5})
    figure.update_xaxes(tickformat=".0%")
    figure.update_yaxes(tickformat=".0%", range=[0, 1.02])
    return styled(figure, title, f"share of what is {what}", "probability", mode, 400)


def grades_figure(
    grades: Mapping[Cell, Mapping[str, tuple[float, float]]], chance: float, title: str, mode: Mode
) -> Chart:
    """Precision at the planted rows for each method (mean, standard error) and cell."""
    figure = Chart()
    for (cell, by_method), symbol in zip(grades.items(), ("circle", "square", "diamond"), strict=False):
        figure.add_scatter(
            x=[mean for mean, _ in by_method.values()],
            y=list(by_method),
            error_x={"type": "data", "array": [error for _, error in by_method.values()]},
            mode="markers",
            name=CELL_NAMES[cell],
            marker={"color": CELL_COLOURS[cell], "size": 12, "symbol": symbol},
            hovertemplate=f"{CELL_NAMES[cell]}, %{{y}}: %{{x:.1%}}<extra></extra>",
        )
    figure.add_vline(chance, line={"dash": "dot", "color": "gray"}, annotation_text="chance")
    figure.update_xaxes(range=[0, 1.02], tickformat=".0%")
    figure.update_yaxes(autorange="reversed", automargin=True)
    return styled(figure, title, "planted rows among the highest", "", mode, 460)


def rank_similarity_figure(by_method: Mapping[str, Mapping[str, float]], title: str, mode: Mode) -> Chart:
    """Each method's rank correlation with itself on the trained network, by how much of the network is randomised."""
    figure = Chart()
    for index, (name, by_stage) in enumerate(by_method.items()):
        figure.add_scatter(
            x=list(by_stage),
            y=list(by_stage.values()),
            mode="lines+markers",
            name=name,
            line={"color": COLOURS[index % len(COLOURS)], "width": 2.5, "dash": DASHES[index % len(DASHES)]},
            marker={"size": 8},
            hovertemplate=f"{name}<br>%{{x}}: %{{y:.2f}}<extra></extra>",
        )
    figure.update_xaxes(type="category", tickangle=0)
    figure.update_yaxes(range=[-0.35, 1.05])
    figure = styled(figure, title, "randomised so far", "rank correlation", mode, 500)
    return figure.update_layout(legend={"y": -0.25})


def reach_figure(curves: Mapping[str, tuple[str, Float[Tensor, " distance"]]], mode: Mode) -> Chart:
    """Mean |attribution| by distance back, for each network by name: its colour and its curve."""
    figure = Chart()
    for (name, (colour, values)), dash in zip(curves.items(), DASHES, strict=False):
        figure.add_scatter(
            x=list(range(1, len(values) + 1)),
            y=[value if value > 0 else None for value in values.tolist()],
            mode="lines",
            name=name,
            line={"color": colour, "width": 3, "dash": dash},
            hovertemplate=f"{name}<br>%{{x}} characters back: %{{y:.3g}} nats<extra></extra>",
        )
    figure.update_yaxes(type="log", exponentformat="power", dtick=1)
    return styled(figure, "How far back each network looks", "characters back", "mean |effect| (nats)", mode, 420)
