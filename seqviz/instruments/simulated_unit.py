"""A cell with a single unit and weights set by hand, unrolled as every trained network is."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from seqviz.networks.unroll import RecurrentLayer, unroll
from seqviz.specs import GATES, SIGNALS, Cell

Weights = Mapping[str, tuple[float, float, float]]
"""For each gate (an RNN has "hidden" alone): the weight of the input, the weight of the memory, and the bias."""


def single_unit(cell: Cell, weights: Weights) -> RecurrentLayer:
    """A layer of one unit and one input; gates that are not named have all weights 0."""
    rows = [weights.get(gate, (0.0, 0.0, 0.0)) for gate in GATES[cell] or ("hidden",)]
    columns = torch.tensor(rows).T  # (3, gates)
    return RecurrentLayer(
        cell,
        layer=0,
        direction="forward",
        weight_ih=columns[0][:, None],
        weight_hh=columns[1][:, None],
        bias_ih=columns[2],
        bias_hh=torch.zeros(len(rows)),
    )


def simulate_unit(
    layer: RecurrentLayer, inputs: Sequence[float], held: Mapping[str, float] | None = None
) -> dict[str, list[float]]:
    """The course of every signal while the unit reads `inputs`; `held` fixes signals at a value.

    >>> lstm = single_unit("lstm", {"candidate": (1.0, 0.0, 0.0)})
    >>> kept = simulate_unit(lstm, [1.0, 0.0, 0.0], {"forget": 1.0, "input": 1.0, "output": 1.0})
    >>> [round(c, 3) for c in kept["cell"]]
    [0.762, 0.762, 0.762]
    """
    fixed = held or {}

    def hold(_: int, signal: str, value: Tensor) -> Tensor:
        return torch.full_like(value, fixed[signal]) if signal in fixed else value

    courses: dict[str, list[float]] = {name: [] for name in SIGNALS[layer.cell]}
    for step in unroll(layer, torch.tensor(inputs, dtype=torch.float32).reshape(1, -1, 1), intervene=hold):
        values = {**step.gates, "hidden": step.state.hidden}
        if step.state.cell is not None:
            values["cell"] = step.state.cell
        for name, course in courses.items():
            course.append(float(values[name]))
    return courses
