"""Short, complete PyTorch programs that reproduce what a panel shows. The tests run each one."""

from seqviz.snippets.attribution import (
    agreement_with_contributions,
    attribution,
    cascading_randomization,
    layer_attribution,
    planted,
    text_attribution,
)
from seqviz.snippets.forecast import (
    compare_forecasts,
    forecast_gradients,
    forecast_signals,
    forecast_training,
    forecasting,
    one_step_echo,
    series_split,
)
from seqviz.snippets.gradients import gradient_flow, jacobians
from seqviz.snippets.layer_shapes import layer_ends, layer_weights, ledger, written_out
from seqviz.snippets.learning import Learned, clipping, directions, distances, orders, race, training, words_training
from seqviz.snippets.reading import contributions, edits, gates, hidden_states, simulated_unit, through_training
from seqviz.snippets.translation import exactness, stack_signals, translating, way_back
from seqviz.snippets.writing import beams, columns, temperature, text_training, units, writing

__all__ = [
    "Learned",
    "agreement_with_contributions",
    "attribution",
    "beams",
    "cascading_randomization",
    "clipping",
    "columns",
    "compare_forecasts",
    "contributions",
    "directions",
    "distances",
    "edits",
    "exactness",
    "forecast_gradients",
    "forecast_signals",
    "forecast_training",
    "forecasting",
    "gates",
    "gradient_flow",
    "hidden_states",
    "jacobians",
    "layer_attribution",
    "layer_ends",
    "layer_weights",
    "ledger",
    "one_step_echo",
    "orders",
    "planted",
    "race",
    "series_split",
    "simulated_unit",
    "stack_signals",
    "temperature",
    "text_attribution",
    "text_training",
    "through_training",
    "training",
    "translating",
    "units",
    "way_back",
    "words_training",
    "writing",
    "written_out",
]
