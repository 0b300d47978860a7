"""A curve that was predicted, over the one that was measured."""

from collections.abc import Sequence

from seqviz.figures.chart import Chart
from seqviz.figures.style import styled
from seqviz.palette import INK, Mode


def sketch_figure(
    measured: Sequence[float],
    drawn: Sequence[float | None],
    start: str,
    stop: str,
    low: str,
    high: str,
    mode: Mode,
) -> Chart:
    """Both over the same frame; what was drawn stays."""
    figure = Chart()
    places = list(range(len(measured)))
    figure.add_scatter(x=places, y=list(measured), mode="lines", name="measured", line={"color": "#0072B2", "width": 4})
    figure.add_scatter(
        x=places,
        y=list(drawn),
        mode="lines",
        name="what you drew",
        line={"color": INK[mode], "width": 3, "dash": "dot"},
    )
    figure.update_xaxes(tickvals=[0, len(measured) - 1], ticktext=[start, stop])
    figure.update_yaxes(range=[-0.03, 1.03], tickvals=[0, 1], ticktext=[low, high])
    return styled(figure, "What you expected, and what was measured", "", "", mode, 300)
