"""Forecast: every gate of a network that reads a window of a series."""

from seqviz.specs import SIGNALS
from seqviz.ui.shell.forecast_stack import look_view

VIEW = look_view(
    lambda one: SIGNALS[one.spec.cell],
    "gates",
    notice=(
        "On a season of 52 weeks gates open and close once a year, though nothing in the input says what week it is.",
        "A gate that keeps still carries what does not change: the level, or how far the swings go.",
    ),
    question="Find a gate that turns only once in the window. What does the series do there?",
)
