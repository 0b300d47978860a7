"""Results in, figures out: Plotly for what stands still, Altair for what grows. Computes nothing."""

from seqviz.figures.attribution import grades_figure, likeness_figure, reach_figure, removal_figure
from seqviz.figures.confusion import confusion_figure
from seqviz.figures.crank import crank_figure
from seqviz.figures.diagram import cell_diagram
from seqviz.figures.equations import equations
from seqviz.figures.gates import (
    class_figure,
    distribution_figure,
    lesion_figure,
    saturation_figure,
    time_scale_figure,
)
from seqviz.figures.gradients import Course, clipping_figure, decay_figure, distance_figure, training_figure
from seqviz.figures.heads import by_row_figure, confident_figure, seeds_figure, weights_figure
from seqviz.figures.live import Line, live_curve
from seqviz.figures.pictures import picture_sheet
from seqviz.figures.sampling import heat_figure, letters_figure
from seqviz.figures.units import unit_figure

__all__ = [
    "Course",
    "Line",
    "by_row_figure",
    "cell_diagram",
    "class_figure",
    "clipping_figure",
    "confident_figure",
    "confusion_figure",
    "crank_figure",
    "decay_figure",
    "distance_figure",
    "distribution_figure",
    "equations",
    "grades_figure",
    "heat_figure",
    "lesion_figure",
    "letters_figure",
    "likeness_figure",
    "live_curve",
    "picture_sheet",
    "reach_figure",
    "removal_figure",
    "saturation_figure",
    "seeds_figure",
    "time_scale_figure",
    "training_figure",
    "unit_figure",
    "weights_figure",
]
