"""Results in, an animated timeline out: drawn in the browser on one clock, or exported. Computes nothing."""

from seqviz.player.attribution import attribution_timeline, unit_flow_timeline
from seqviz.player.bundle import bundle, stylesheet
from seqviz.player.flow import flow_timeline
from seqviz.player.gif import to_gif
from seqviz.player.memory import memory_timeline
from seqviz.player.page import to_html
from seqviz.player.payload import encode
from seqviz.player.signals import signals_timeline
from seqviz.player.timeline import Bars, Candidates, Heatmap, Letters, Lines, Mark, Panel, Path, Picture, Text, Timeline
from seqviz.player.votes import votes_timeline
from seqviz.player.writing import film_timeline, painted_timeline, writing_timeline

__all__ = [
    "Bars",
    "Candidates",
    "Heatmap",
    "Letters",
    "Lines",
    "Mark",
    "Panel",
    "Path",
    "Picture",
    "Text",
    "Timeline",
    "attribution_timeline",
    "bundle",
    "encode",
    "film_timeline",
    "flow_timeline",
    "memory_timeline",
    "painted_timeline",
    "signals_timeline",
    "stylesheet",
    "to_gif",
    "to_html",
    "unit_flow_timeline",
    "votes_timeline",
    "writing_timeline",
]
