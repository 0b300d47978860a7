"""ROC and calibration of yes-or-no answers."""

from seqviz.figures.chart import Chart
from seqviz.figures.style import styled
from seqviz.instruments.judgement import Judgement
from seqviz.palette import INK, Mode

HEIGHT = 280


def roc_figure(judgement: Judgement, threshold: float, colour: str, mode: Mode) -> Chart:
    """What is found against what is a false alarm, over all thresholds; a dot for the one that is chosen."""
    false_alarms, found, area = judgement.roc()
    here = judgement.at(threshold)
    negatives = here.false_alarms + here.rejected
    figure = Chart()
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", name="by chance", line={"color": INK[mode], "dash": "dot"})
    figure.add_scatter(
        x=false_alarms,
        y=found,
        mode="lines",
        name="the network",
        line={"color": colour, "width": 2},
        hovertemplate="%{x:.1%} false alarms, %{y:.1%} found<extra></extra>",
    )
    figure.add_scatter(
        x=[here.false_alarms / negatives],
        y=[here.recall],
        mode="markers",
        name=f"from {threshold:.0%} on",
        marker={"size": 11, "color": INK[mode]},
        hovertemplate="here: %{x:.1%} false alarms, %{y:.1%} found<extra></extra>",
    )
    figure.update_layout(showlegend=False)
    title = f"ROC: area {area:.3f} (dotted: by chance)"
    return styled(figure, title, "false alarms (1 − specificity)", "found (recall)", mode, HEIGHT)


def calibration_figure(judgement: Judgement, colour: str, mode: Mode) -> Chart:
    """How often it is true what is said with so much confidence; on the diagonal the probabilities can be believed."""
    said, true, counts = zip(*judgement.calibration(), strict=True)
    figure = Chart()
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", name="to be believed", line={"color": INK[mode], "dash": "dot"}
    )
    figure.add_scatter(
        x=list(said),
        y=list(true),
        customdata=list(counts),
        mode="lines+markers",
        name="the network",
        line={"color": colour, "width": 2},
        hovertemplate="%{customdata} texts: said %{x:.0%}, true of %{y:.0%}<extra></extra>",
    )
    figure.update_layout(showlegend=False)
    title = f"Calibration: off by {judgement.calibration_error():.1%} (dotted: to be believed)"
    return styled(figure, title, "probability said", "share that is true", mode, HEIGHT)
