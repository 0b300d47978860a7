"""Forecast: the hidden states of a network that reads a window of a series, and then runs free of it."""

from seqviz.ui.shell.forecast_stack import look_view

VIEW = look_view(
    lambda one: ("hidden",),
    "states",
    notice=(
        "Some units follow the season, some the level, and a few only the last values.",
        "A network that is fed back goes on with its own values behind the line: compare both memories there.",
    ),
    question="Take the sunspots. In which units does the memory that reads its own values leave the other one first?",
)
