"""Where a network's numbers stop being finite: a state or a gradient that float32 cannot hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from jaxtyping import Bool, Float
from torch import Tensor

from seqviz.networks.unroll import LayerTrace


@dataclass(frozen=True)
class Overflow:
    """The first number, in the order of computation, that float32 cannot hold."""

    where: Literal["forward", "backward"]
    layer: int
    step: int

    def __str__(self) -> str:
        row = self.step + 1
        if self.where == "forward":
            return (
                f"The hidden state of layer {self.layer + 1} overflows at row {row}: every row multiplies it, until "
                "float32 cannot hold it."
            )
        return (
            f"The gradient in layer {self.layer + 1} overflows on its way back at row {row}: every row multiplies it."
        )


def forward_overflow(layers: Sequence[LayerTrace]) -> Overflow | None:
    """The first hidden state of a stack that is not finite, layer by layer in the direction in which each reads."""
    for layer in layers:
        if (step := first_infinite(layer.hidden, from_the_end=layer.direction == "backward")) is not None:
            return Overflow("forward", layer.layer, step)
    return None


def first_infinite(values: Float[Tensor, "batch time hidden"], *, from_the_end: bool = False) -> int | None:
    """The first step, or the last one, at which a value of any sample is not finite."""
    infinite: Bool[Tensor, " time"] = ~values.detach().isfinite().all(dim=-1).all(dim=0)
    steps = infinite.nonzero().flatten()
    if not len(steps):
        return None
    return int(steps[-1] if from_the_end else steps[0])
