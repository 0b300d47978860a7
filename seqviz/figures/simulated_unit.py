"""A single unit over time: what goes in, what its gates do, what it holds."""

from collections.abc import Mapping, Sequence

from seqviz.figures.chart import Chart
from seqviz.figures.style import styled
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


def simulated_unit_figure(courses: Mapping[str, Sequence[float]], mode: Mode) -> Chart:
    """One line a signal; the states thick, the gates thin, the input dotted."""
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
    return styled(figure, "One unit, step by step", "step", "value", mode, 420)
