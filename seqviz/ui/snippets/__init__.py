"""Short, complete PyTorch programs that reproduce what a panel shows. The tests run each one."""

from seqviz.ui.snippets.gradients import gradient_flow, jacobians
from seqviz.ui.snippets.learning import clipping, distances, orders, race, training
from seqviz.ui.snippets.reading import crank, edits, gates, hidden_states, votes

__all__ = [
    "clipping",
    "crank",
    "distances",
    "edits",
    "gates",
    "gradient_flow",
    "hidden_states",
    "jacobians",
    "orders",
    "race",
    "training",
    "votes",
]
