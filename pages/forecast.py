"""Forecast: a network learns a series, and has to beat yesterday."""

from seqviz.ui.forecast import ahead, compare, data, echo, learn, memory, watch
from seqviz.ui.shell.stage import stage

stage("forecast", (watch.VIEW, ahead.VIEW, echo.VIEW, memory.VIEW, compare.VIEW, data.VIEW, learn.VIEW))
