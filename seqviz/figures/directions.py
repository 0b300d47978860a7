"""One direction beside two: accuracies over seeds, and perplexities while two language models learn."""

from collections.abc import Mapping, Sequence

from seqviz.figures.chart import Chart
from seqviz.figures.style import plain, styled
from seqviz.palette import CELL_COLOURS, INK, Mode
from seqviz.specs import Cell


def pairs_figure(accuracies: Mapping[str, Sequence[float]], cell: Cell, title: str, mode: Mode, height: int) -> Chart:
    """A line for each seed from one network's accuracy to the other's, and a bar at each mean."""
    names = [plain(name) for name in accuracies]
    figure = Chart()
    for seed, values in enumerate(zip(*accuracies.values(), strict=True)):
        figure.add_scatter(
            x=names,
            y=list(values),
            mode="lines+markers",
            line={"color": CELL_COLOURS[cell], "width": 2},
            marker={"color": CELL_COLOURS[cell], "size": 9, "symbol": "circle-open"},
            showlegend=False,
            hovertemplate=f"seed {seed}, %{{x}}: %{{y:.2%}}<extra></extra>",
        )
    figure.add_scatter(
        x=names,
        y=[sum(values) / len(values) if values else None for values in accuracies.values()],
        mode="markers",
        marker={"symbol": "line-ew", "size": 26, "line": {"width": 4, "color": INK[mode]}},
        showlegend=False,
        hovertemplate="mean %{y:.2%}<extra></extra>",
    )
    figure.update_xaxes(type="category", range=[-0.4, len(names) - 0.6])
    figure.update_yaxes(tickformat=".0%")
    return styled(figure, title, "", "accuracy on held-out reviews", mode, height)


def perplexity_figure(
    perplexities: Mapping[str, Mapping[int, float]], total: int, cell: Cell, title: str, mode: Mode, height: int
) -> Chart:
    """Each network's perplexity against the step, on a logarithmic axis; the second one is dashed."""
    figure = Chart()
    for (name, by_step), dash in zip(perplexities.items(), ("solid", "dash"), strict=True):
        figure.add_scatter(
            x=list(by_step),
            y=list(by_step.values()),
            mode="lines+markers",
            name=plain(name),
            line={"color": CELL_COLOURS[cell], "width": 3, "dash": dash},
            hovertemplate=f"{plain(name)}, step %{{x}}: %{{y:.2f}}<extra></extra>",
        )
    figure.update_xaxes(range=[0, total])
    figure.update_yaxes(type="log", dtick="D2")
    return styled(figure, title, "step", "perplexity of held-out reviews", mode, height)
