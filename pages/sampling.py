"""Sampling: a character model writes, and every character is a choice that can be looked into."""

from seqviz.ui.sampling import beams, four, learn, temperature, units, write
from seqviz.ui.shell.stage import stage

stage("sampling", (write.VIEW, temperature.VIEW, four.VIEW, beams.VIEW, learn.VIEW, units.VIEW))
