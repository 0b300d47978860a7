"""Edits: operations on a trained network while it reads. They change signals as they are computed, never a weight."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor

from seqviz.errors import InputError
from seqviz.networks.unroll import Intervention, Interventions, LayerTrace, RecurrentLayer
from seqviz.seeds import derive_seed
from seqviz.specs import SIGNALS

Kind = Literal["clamp", "scale", "noise", "swap"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Edit:
    """One operation on one signal of one layer.

    - "clamp" puts `value` in its place, "scale" multiplies it by `value`,
    - "noise" adds Gaussian noise with standard deviation `value`, drawn from `seed`,
    - "swap" takes it from `source`, the layers of another trace (of one sequence, or of as many as are read).

    Args:
        signal: a name in `specs.SIGNALS`.
        layer: which layer of its stack, in the order of PyTorch's `h_n`.
        units: which units; None means all.
        first, last: the first and the last step, counted from 0, both included; None means to the end.
        offset: which sequence of a larger set is the first of this batch; each batch draws its own noise.
        stack: which stack of recurrent layers.

    >>> Edit("forget", "clamp", 1.0, first=9)  # hold the forget gate at 1 from row 10 on
    Edit(signal='forget', kind='clamp', value=1.0, layer=0, units=None, first=9, last=None, seed=0, source=None, \
offset=0, stack='encoder')
    """

    signal: str
    kind: Kind
    value: float = 0.0
    layer: int = 0
    units: tuple[int, ...] | None = None
    first: int = 0
    last: int | None = None
    seed: int = 0
    source: tuple[LayerTrace, ...] | None = None
    offset: int = 0
    stack: str = "encoder"

    def applies_at(self, step: int) -> bool:
        return self.first <= step and (self.last is None or step <= self.last)

    def for_batch(self, start: int, stop: int) -> "Edit":
        """The same edit for the sequences from `start` to `stop` of all that are read."""
        if self.source is None or len(self.source[0].hidden) == 1:
            return replace(self, offset=start)
        return replace(
            self, offset=start, source=tuple(layer.each(lambda signal: signal[start:stop]) for layer in self.source)
        )

    def apply(self, step: int, value: Tensor) -> Tensor:
        """`value` `(batch, hidden)` with this edit's units changed."""
        edited = self._edited(step, value)
        if self.units is None:
            return edited
        chosen = torch.zeros(value.shape[1], dtype=torch.bool, device=value.device)
        chosen[list(self.units)] = True
        return torch.where(chosen, edited, value)

    def _edited(self, step: int, value: Tensor) -> Tensor:
        match self.kind:
            case "clamp":
                return torch.full_like(value, self.value)
            case "scale":
                return value * self.value
            case "noise":
                generator = torch.Generator().manual_seed(self._noise_seed(step))
                return value + self.value * torch.randn(value.shape, generator=generator, dtype=value.dtype).to(value)
            case "swap":
                assert self.source is not None
                return self.source[self.layer].signal(self.signal)[:, step].to(value).expand_as(value).contiguous()

    def _noise_seed(self, step: int) -> int:
        """Another one for every signal, layer, step and batch: noises that share a seed are still independent."""
        parts = (_ALL_SIGNALS.index(self.signal), self.layer, step, self.offset)
        return derive_seed(self.seed, *(part + 1 for part in parts))


_ALL_SIGNALS = sorted({signal for signals in SIGNALS.values() for signal in signals})


def interventions(
    edits: Sequence[Edit], stacks: Mapping[str, Sequence[RecurrentLayer]], inputs: Float[Tensor, "batch time input"]
) -> dict[str, Interventions]:
    """The edits as `SequenceNetwork.unroll` takes them: in each stack a function for each layer, or None.

    Raises:
        InputError: an edit names what this network does not have.
    """
    for edit in edits:
        _check(edit, stacks, inputs)
    return {
        name: [
            _of_layer([edit for edit in edits if (edit.stack, edit.layer) == (name, index)])
            for index in range(len(layers))
        ]
        for name, layers in stacks.items()
    }


def _of_layer(edits: Sequence[Edit]) -> Intervention | None:
    if not edits:
        return None

    def intervene(step: int, signal: str, value: Tensor) -> Tensor:
        for edit in edits:
            if edit.signal == signal and edit.applies_at(step):
                value = edit.apply(step, value)
        return value

    return intervene


def _check(edit: Edit, stacks: Mapping[str, Sequence[RecurrentLayer]], inputs: Tensor) -> None:
    batch, time, _ = inputs.shape
    if edit.stack not in stacks:
        raise InputError(f"The edit is in the stack {edit.stack!r}; this network has {', '.join(stacks)}.")
    layers = stacks[edit.stack]
    if not 0 <= edit.layer < len(layers):
        raise InputError(f"The edit is in layer {edit.layer}; this network has layers 0 to {len(layers) - 1}.")
    layer = layers[edit.layer]
    if edit.signal not in SIGNALS[layer.cell]:
        names = ", ".join(SIGNALS[layer.cell])
        raise InputError(f"A {layer.cell} has no signal {edit.signal!r}; it has {names}.")
    if not math.isfinite(edit.value) or (edit.kind == "noise" and edit.value < 0):
        raise InputError(f"The edit's value is {edit.value}; it must be finite, and for noise 0 or more.")
    if edit.units is not None and not all(0 <= unit < layer.hidden_size for unit in edit.units):
        raise InputError(f"The edit names units {edit.units}; this layer has units 0 to {layer.hidden_size - 1}.")
    if edit.kind == "swap":
        if edit.source is None or len(edit.source) != len(layers):
            raise InputError("A swap needs the layers of another trace of the same network as its source.")
        shape = tuple(edit.source[edit.layer].hidden.shape)
        needed = time if edit.last is None else min(time, edit.last + 1)
        if shape[0] not in (1, batch) or shape[1] < needed or shape[2] != layer.hidden_size:
            raise InputError(
                f"The swap's source has shape {shape}; for the steps that it is to give it must be "
                f"(1 or {batch}, at least {needed}, {layer.hidden_size})."
            )
