"""The gradient of one written token on its way back through the decoder, attention and the encoder."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqviz.data.tokens import END
from seqviz.errors import InputError
from seqviz.networks.encoder_decoder import EncoderDecoder
from seqviz.networks.scoring import eval_mode
from seqviz.networks.unroll import Intervention


@dataclass(frozen=True)
class WayBack:
    """Norms of ∂L/∂h_t, where L is the cross-entropy of one written token in nats, the tokens before it being right.

    `decoder` are those of the last layer's states at the steps up to that token, `encoder` those at each place that was
    read, both directions together. `direct` is the part of the latter that comes through attention's short cut and not
    through the recurrence; 0 everywhere where there is no attention. `decoder_vectors` and `encoder_vectors` are the
    gradients themselves.
    """

    decoder_vectors: Float[Tensor, "steps hidden"]
    encoder_vectors: Float[Tensor, "places features"]
    direct: Float[Tensor, " places"]

    @property
    def decoder(self) -> Float[Tensor, " steps"]:
        return self.decoder_vectors.norm(dim=1)

    @property
    def encoder(self) -> Float[Tensor, " places"]:
        return self.encoder_vectors.norm(dim=1)


def way_back(
    model: EncoderDecoder, source: Int[Tensor, " time"], right: Sequence[int], step: int | None = None
) -> WayBack:
    """Follow the gradient of the token at `step` (default: the last before the end) of a right translation.

    Raises:
        InputError: the network reads pictures, or there is no such step.
    """
    tokens = [*right, END]
    step = len(right) - 1 if step is None else step
    if not 0 <= step < len(tokens):
        raise InputError(f"The translation has {len(tokens)} tokens, its end among them, and no token {step + 1}.")
    model.source  # noqa: B018  refuses pictures
    one, _ = model.prepare(source[None])
    kept: dict[tuple[int, int], Tensor] = {}
    last = len(model.stacks["encoder"])
    directions = model.spec.encoder.directions if model.spec.encoder else 1

    def keep(layer: int) -> Intervention:
        def kept_as_it_is(place: int, name: str, value: Tensor) -> Tensor:
            if name == "hidden" and layer >= last - directions:
                kept[layer, place] = value
            return value

        return kept_as_it_is

    with eval_mode(model), torch.enable_grad():
        reading = model.read_step_by_step(one, interventions=[keep(layer) for layer in range(last)])
        written = list(model.write(reading, lambda at, _: torch.tensor([tokens[at]], device=one.device), step + 1))
        loss = -written[-1].logits.log_softmax(dim=-1)[0, tokens[step]]
        places = sorted(kept)
        states = [each.layers[-1].state.hidden for each in written]
        wanted = [*states, *(kept[place] for place in places), reading.features]
        found = torch.autograd.grad(loss, wanted, allow_unused=True, materialize_grads=True)
    decoder, encoder, features = found[: len(states)], found[len(states) : -1], found[-1]
    direct = features[0].norm(dim=1)
    if model.attention is None:
        direct = torch.zeros_like(direct)
    by_place: list[list[Tensor]] = [[] for _ in range(len(source))]
    for (_, place), gradient in zip(places, encoder, strict=True):  # forward layers first
        by_place[place].append(gradient)
    read = torch.cat([torch.cat(parts, dim=1) for parts in by_place])
    return WayBack(torch.cat(decoder).cpu(), read.cpu(), direct.cpu())
