"""Whether a run may need what it needs; where not, what would fit."""

from seqviz.data.datasets import Dataset
from seqviz.errors import TooLarge
from seqviz.jobs.settings import Limits, duration, size
from seqviz.specs import ModelSpec, NetworkSpec, TrainSpec
from seqviz.training.estimate import Cost, run_cost, smaller


def fits(limits: Limits, cost: Cost) -> bool:
    """Whether a run may need so much."""
    return cost.memory <= limits.run_memory and cost.seconds <= limits.run_seconds


def check_run(limits: Limits, spec: NetworkSpec, training: TrainSpec, data: Dataset, cost: Cost | None = None) -> Cost:
    """What a run needs, where it is not known yet.

    Raises:
        TooLarge: that is more than a run may; the message says what would fit.
    """
    cost = run_cost(spec, training, data) if cost is None else cost
    if fits(limits, cost):
        return cost
    sizes = []
    if isinstance(spec, ModelSpec):
        sizes = smaller(spec, training, lambda spec, training: fits(limits, run_cost(spec, training, data)))
    remedy = ", or with ".join(sizes) or "a much smaller network"
    raise TooLarge(f"This run would need {_too_much(limits, cost)}. It would fit with {remedy}.")


def check_together(limits: Limits, cost: Cost) -> None:
    """Several runs that are one: a race, an experiment.

    Raises:
        TooLarge: together they need more than a run may.
    """
    if not fits(limits, cost):
        raise TooLarge(f"All in all this would need {_too_much(limits, cost)}. Take fewer units, layers or epochs.")


def _too_much(limits: Limits, cost: Cost) -> str:
    parts = []
    if cost.memory > limits.run_memory:
        parts.append(f"{size(cost.memory)} of memory, and a run may have {size(limits.run_memory)} here")
    if cost.seconds > limits.run_seconds:
        parts.append(f"about {duration(cost.seconds)}, and a run may take {duration(limits.run_seconds)} here")
    return "; and ".join(parts)
