"""Files that earlier versions of SeqViz wrote, brought up to date.

Format 1 (until 2026-11) had two kinds of network. A classifier's weights were called `rnn.*`, `head.*` and `query`, a
character model's `embedding.*`, `rnn.*` and `head.*`; their specs were flat, and only a character model's had a
vocabulary.
"""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from seqviz.specs import ModelSpec


def upgrade_spec(values: Mapping[str, Any]) -> ModelSpec:
    """The spec of a network in format 1.

    Raises:
        SpecError: it describes a network that cannot be.
        TypeError: it has fields that no spec had.
    """
    if "vocabulary" in values:
        return ModelSpec.language_model(**values)
    return ModelSpec.classifier(**values)


def upgrade_weights(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of a network in format 1 by their names of today."""
    return {_renamed(name): tensor for name, tensor in weights.items()}


def upgrade_optimizer(state: Mapping[str, Tensor], model: ModelSpec) -> dict[str, Tensor]:
    """An optimizer's tensors, numbered as the parameters are today: an attention head's query was the first."""
    if model.head.kind != "attention":
        return dict(state)
    last = max((int(name.split(".")[0]) for name in state), default=0)

    def renumbered(name: str) -> str:
        number, _, rest = name.partition(".")
        return f"{last if number == '0' else int(number) - 1}.{rest}"

    return {renumbered(name): tensor for name, tensor in state.items()}


def upgrade_description(description: Mapping[str, Any], model: ModelSpec) -> dict[str, Any]:
    """What a checkpoint says of its run, but for the two specs: the step of the scores was one of the metrics."""
    metrics = dict(description["metrics"])
    scored_at = metrics.pop("step", 0)
    objective = "cross_entropy" if model.head.outputs > 1 else "squared_error"
    if model.head.kind == "each_step":
        objective = "step_cross_entropy"
    return {**description, "metrics": metrics, "scored_at": scored_at, "objective": objective}


def _renamed(name: str) -> str:
    if name == "query":
        return "head.query"
    return name.replace("rnn.", "encoder.", 1) if name.startswith("rnn.") else name
