"""Results in, an animated timeline out: drawn in the browser on one clock, or exported. Computes nothing."""

from seqviz.player.bundle import bundle, stylesheet
from seqviz.player.flow import flow_timeline
from seqviz.player.gif import to_gif
from seqviz.player.memory import memory_timeline
from seqviz.player.page import to_html
from seqviz.player.payload import encode
from seqviz.player.signals import signals_timeline
from seqviz.player.timeline import Bars, Heatmap, Lines, Mark, Panel, Path, Picture, Text, Timeline
from seqviz.player.votes import votes_timeline

__all__ = [
    "Bars",
    "Heatmap",
    "Lines",
    "Mark",
    "Panel",
    "Path",
    "Picture",
    "Text",
    "Timeline",
    "bundle",
    "encode",
    "flow_timeline",
    "memory_timeline",
    "signals_timeline",
    "stylesheet",
    "to_gif",
    "to_html",
    "votes_timeline",
]
