"""Results in, figures out: Plotly for what stands still, Altair for what grows. Computes nothing."""

from seqviz.figures.confusion import confusion_figure
from seqviz.figures.live import live_curve
from seqviz.figures.units import unit_figure

__all__ = ["confusion_figure", "live_curve", "unit_figure"]
