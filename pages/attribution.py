"""Attribution: which rows and pixels made the answer, and whether the methods that say so can be trusted."""

from seqviz.ui.attribution import characters, pixels, planted, randomization, units, votes
from seqviz.ui.shell.stage import stage

stage("attribution", (pixels.VIEW, units.VIEW, characters.VIEW, planted.VIEW, randomization.VIEW, votes.VIEW))
