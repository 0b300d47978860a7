"""Short, complete PyTorch programs that reproduce what a panel shows. The tests run each one."""

from seqviz.ui.snippets.attribution import attribution, layer_attribution, letter, planted, ruin, votes_agreement
from seqviz.ui.snippets.gradients import gradient_flow, jacobians
from seqviz.ui.snippets.learning import clipping, distances, orders, race, training
from seqviz.ui.snippets.reading import crank, edits, gates, hidden_states, votes
from seqviz.ui.snippets.writing import beams, columns, temperature, text_training, units, writing

__all__ = [
    "attribution",
    "beams",
    "clipping",
    "columns",
    "crank",
    "distances",
    "edits",
    "gates",
    "gradient_flow",
    "hidden_states",
    "jacobians",
    "layer_attribution",
    "letter",
    "orders",
    "planted",
    "race",
    "ruin",
    "temperature",
    "text_training",
    "training",
    "units",
    "votes",
    "votes_agreement",
    "writing",
]
