"""A translation as it is written: all signals of what reads and what writes, the attention, and the roads not taken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqviz.data.tokens import END, before_end
from seqviz.errors import InputError
from seqviz.instruments.attention_edits import AttentionEdit
from seqviz.networks.encoder_decoder import DecoderStep, EncoderDecoder
from seqviz.networks.scoring import eval_mode
from seqviz.networks.unroll import LayerTrace

LONGEST = 120
"""Tokens that are written, at most: generation always ends."""


@dataclass(frozen=True)
class Translation:
    """What one network wrote of one input.

    `tokens` end with an end, unless `LONGEST` of them were written. `distributions` are the probabilities of every
    token at each step; `attention` is None where there is none. Traces have a batch of one; that of a picture's encoder
    is empty. `inputs` are the tokens that the decoder read: an end, then its own answers, or the right ones.
    """

    tokens: tuple[int, ...]
    inputs: tuple[int, ...]
    distributions: Float[Tensor, "steps tokens"]
    attention: Float[Tensor, "steps places"] | None
    encoder: tuple[LayerTrace, ...]
    decoder: tuple[LayerTrace, ...]

    @property
    def ended(self) -> bool:
        return self.tokens[-1] == END

    @property
    def shares(self) -> list[float]:
        """The probability of each token that was written."""
        steps = torch.arange(len(self.tokens))
        return self.distributions[steps, torch.tensor(self.tokens)].tolist()


def translate(
    model: EncoderDecoder,
    inputs: Int[Tensor, " time"] | Float[Tensor, "rows columns"],
    *,
    forced: Mapping[int, int] | None = None,
    right: Sequence[int] | None = None,
    edit: AttentionEdit | None = None,
) -> Translation:
    """What a network writes of one text or picture, always the likeliest token, step by step.

    Args:
        forced: by step, a token that is written in the place of the likeliest: another road.
        right: the right tokens, which the decoder reads in the place of its own (teacher forcing); it writes as many,
            and an end.
        edit: another attention in the place of the network's.

    Raises:
        InputError: the network cannot read it, or does not know a token that is forced.
    """
    one, _ = model.prepare(inputs[None])
    roads, teacher = dict(forced or {}), None if right is None else [*right, END]
    count = len(model.spec.decoder.vocabulary)
    if unknown := [token for token in (*roads.values(), *(teacher or ())) if not 0 <= token < count]:
        raise InputError(f"The token {unknown[0]} is none of the network's, which go from 0 to {count - 1}.")
    written: list[int] = []

    def choose(step: int, logits: Tensor) -> Tensor:
        token = roads.get(step, int(logits.argmax()))
        written.append(token)
        return torch.tensor([token if teacher is None else teacher[step]], device=logits.device)

    with eval_mode(model), torch.no_grad():
        reading = model.read_step_by_step(one)
        redirect = None if edit is None else edit.redirect()
        longest = LONGEST if teacher is None else len(teacher)
        steps = list(model.write(reading, choose, longest, redirect))
    return Translation(
        tokens=tuple(written),
        inputs=(END, *(int(step.tokens) for step in steps[:-1])),
        distributions=torch.cat([step.logits for step in steps]).softmax(dim=-1).cpu(),
        attention=_attention(steps),
        encoder=tuple(layer.detached() for layer in reading.layers),
        decoder=tuple(_trace(steps, index) for index in range(len(steps[0].layers))),
    )


def write_many(model: EncoderDecoder, inputs: Tensor, lengths: Tensor | None = None) -> list[list[int]]:
    """What a network writes of several inputs at once, always the likeliest token: each up to its end."""
    with eval_mode(model), torch.no_grad():
        reading = model.read(inputs, lengths)
        tokens = torch.stack([step.tokens for step in model.write(reading, longest=LONGEST)], dim=1)
    return [before_end(row) for row in tokens.tolist()]


def _attention(steps: Sequence[DecoderStep]) -> Tensor | None:
    rows = [step.attention for step in steps if step.attention is not None]
    return torch.cat(rows).cpu() if rows else None


def _trace(steps: Sequence[DecoderStep], index: int) -> LayerTrace:
    """One layer of the decoder over all steps."""
    states = [step.layers[index].state for step in steps]
    gates = [step.layers[index].gates for step in steps]
    cells = [state.cell for state in states if state.cell is not None]
    return LayerTrace(
        index,
        "forward",
        torch.stack([state.hidden for state in states], dim=1),
        torch.stack(cells, dim=1) if cells else None,
        {name: torch.stack([gate[name] for gate in gates], dim=1) for name in gates[0]},
    ).detached()
