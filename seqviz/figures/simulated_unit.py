"""A single unit over time: what goes in, what its gates do, what it holds."""

from collections.abc import Mapping, Sequence

from seqviz.figures.chart import Chart
from seqviz.figures.style import plain, styled
from seqviz.palette import GATE_COLOURS, INK, Mode

DASHES = {
    "input x": "dot",
    "hidden": "solid",
    "cell": "solid",
    "input": "dash",
    "update": "dash",
    "forget": "longdash",
    "reset": "longdash",
    "output": "dashdot",
}


def simulated_unit_figure(
    courses: Mapping[str, Sequence[float]],
    mode: Mode,
    title: str = "One unit, step by step",
    words: Sequence[str] | None = None,
) -> Chart:
    """One line a signal; the states thick, the gates thin, the input dotted. Steps have the names of their `words`."""
    figure = Chart()
    for name, values in courses.items():
        state = name in ("hidden", "cell")
        colour = INK[mode] if name in ("hidden", "input x", "preactivation") else GATE_COLOURS[name]
        figure.add_scatter(
            x=list(range(1, len(values) + 1)),
            y=list(values),
            mode="lines+markers" if state else "lines",
            name=name,
            line={"color": colour, "width": 4 if state else 2, "dash": DASHES.get(name, "longdashdot")},
            hovertemplate=f"{name}, step %{{x}}: %{{y:.3f}}<extra></extra>",
        )
    if words:
        named = [plain(word) for word in words]
        figure.update_xaxes(tickvals=list(range(1, len(words) + 1)), ticktext=named, tickangle=-45)
    return styled(figure, title, "" if words else "step", "value", mode, 420)
