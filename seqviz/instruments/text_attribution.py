"""Which earlier characters made a character likely, and how far back a character model looks."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, TypeVar, get_args

import torch
from jaxtyping import Float
from torch import Tensor

from seqviz.errors import InputError
from seqviz.instruments.attribution import gradients_in_eval_mode
from seqviz.networks.network import SequenceNetwork

TextMethod = Literal["integrated_gradients", "occlusion"]
TEXT_METHODS: tuple[TextMethod, ...] = get_args(TextMethod)
Name = TypeVar("Name")
STEPS = 32
AT_ONCE = 64


def attribute_character(
    model: SequenceNetwork, text: str, character: str, method: TextMethod = "integrated_gradients"
) -> Float[Tensor, " time"]:
    """What each character of `text` adds to the log-probability, in nats, of `character` coming next.

    The baseline is the mean embedding of all characters. Integrated gradients are summed over the entries of each
    embedding; their total is the difference from a text of mean embeddings. Occlusion replaces one character at a time
    by the mean embedding.

    Raises:
        InputError: there is no text before the character, or a character that the network does not know.
    """
    if not text:
        raise InputError("There is no character before the first one; choose a later character.")
    if len(character) != 1 or method not in TEXT_METHODS:
        raise InputError(
            f"Asked for {character!r} by {method!r}; it takes one character and one of {', '.join(TEXT_METHODS)}."
        )
    target = int(model.vocabulary.encode(character)[0])
    from captum.attr import IntegratedGradients, Occlusion

    with torch.no_grad():
        embedded, _ = model.prepare(model.vocabulary.encode(text)[None])  # (1, time, embedding)
        every = torch.arange(len(model.vocabulary), device=embedded.device)[None]
        base = model.embed(every).mean(dim=1).expand_as(embedded)

    def score(inputs: Tensor) -> Tensor:
        outputs, _ = model.encode(inputs)
        return model.head(outputs[:, -1:])[:, 0].log_softmax(dim=-1)[:, target]

    with gradients_in_eval_mode(model):
        if method == "integrated_gradients":
            scores = IntegratedGradients(score).attribute(embedded, base, n_steps=STEPS).sum(dim=-1)
        else:
            window = (1, embedded.shape[2])
            occlusion = Occlusion(score)
            scores = occlusion.attribute(embedded, window, baselines=base, perturbations_per_eval=AT_ONCE)[..., 0]
    return scores[0].detach().float()


def reach(
    model: SequenceNetwork, text: str, places: Sequence[int], distance: int = 60, method: TextMethod = "occlusion"
) -> Iterator[float | Float[Tensor, " distance"]]:
    """The mean |attribution| of the character 1, 2, … `distance` places back, over some places of a text.

    Yields the share done, and what is known so far.

    Raises:
        InputError: a place has fewer than `distance` characters before it.
    """
    if not places or min(places) < distance or max(places) >= len(text):
        raise InputError(f"Each place needs {distance} characters before it, in a text of {len(text)} characters.")
    total = torch.zeros(distance)
    for number, place in enumerate(places, start=1):
        scores = attribute_character(model, text[place - distance : place], text[place], method)
        total += scores.abs().flip(0)
        yield number / len(places)
        yield total / number


def reach_of_each(
    models: Mapping[Name, SequenceNetwork], text: str, places: Sequence[int], distance: int, method: TextMethod
) -> Iterator[float | dict[Name, Tensor]]:
    """`reach` of several networks; yields the share done, and at the end what was found."""
    found: dict[Name, Tensor] = {}
    for number, (name, model) in enumerate(models.items()):
        for item in reach(model, text, places, distance, method):
            if isinstance(item, float):
                yield (number + item) / len(models)
            else:
                found[name] = item
    yield found
