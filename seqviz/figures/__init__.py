"""Results in, figures out: Plotly for what stands still, Altair for what grows. Computes nothing."""

from seqviz.figures.confusion import confusion_figure
from seqviz.figures.live import Line, live_curve
from seqviz.figures.pictures import picture_sheet
from seqviz.figures.units import unit_figure

__all__ = ["Line", "confusion_figure", "live_curve", "picture_sheet", "unit_figure"]
