"""What a loss reports that counts padding, beside what it says of the words."""

from seqviz.experiments.padding_loss import PaddingLoss
from seqviz.figures.chart import Chart
from seqviz.figures.style import styled
from seqviz.palette import CELL_COLOURS, INK, Mode
from seqviz.specs import Cell


def padding_loss_figure(found: PaddingLoss, cell: Cell, mode: Mode) -> Chart:
    """Three held-out losses against the training step."""
    figure = Chart()
    for name, losses, colour, dash in (
        ("padding counted, as reported", found.reported, CELL_COLOURS[cell], "dash"),
        ("padding counted, over the words", found.on_words, CELL_COLOURS[cell], "solid"),
        ("masked, over the words", found.masked, INK[mode], "dot"),
    ):
        figure.add_scatter(
            x=list(losses),
            y=list(losses.values()),
            mode="lines+markers",
            name=name,
            line={"color": colour, "width": 3, "dash": dash},
            hovertemplate=f"{name}, step %{{x}}: %{{y:.3f}} nats<extra></extra>",
        )
    figure.update_xaxes(range=[0, found.total])
    figure.update_yaxes(rangemode="tozero")
    return styled(figure, "Loss of held-out reviews", "step", "nats a target", mode, 360)
