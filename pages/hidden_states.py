"""Hidden states: what a network remembers after every row of a digit."""

from seqviz.ui.hidden_states import forecast, side_by_side, through_training, translation
from seqviz.ui.shell.stage import stage

stage("hidden-states", (side_by_side.VIEW, through_training.VIEW, translation.VIEW, forecast.VIEW))
