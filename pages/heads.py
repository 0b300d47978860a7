"""Heads: read only the last hidden state, or all of them?"""

from seqviz.ui.heads import inside, order, race, seeds
from seqviz.ui.shell.stage import stage

stage("heads", (inside.VIEW, race.VIEW, seeds.VIEW, order.VIEW))
