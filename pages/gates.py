"""Gates: what lets a memory in, keeps it, and lets it out."""

from seqviz.ui.gates import forecast, operate, read, simulate, translation, watch
from seqviz.ui.shell.stage import stage

stage("gates", (watch.VIEW, read.VIEW, operate.VIEW, simulate.VIEW, translation.VIEW, forecast.VIEW))
