"""Tags on every character, as a network gives them."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqviz.data.tags import TAGS, Tagged
from seqviz.networks.network import SequenceNetwork
from seqviz.networks.scoring import eval_mode, predict


@dataclass(frozen=True)
class TagReading:
    """What a network says of every character of a text."""

    text: str
    probabilities: Float[Tensor, "time tags"]

    @property
    def answers(self) -> Int[Tensor, " time"]:
        return self.probabilities.argmax(dim=1)

    @property
    def shares(self) -> Float[Tensor, " time"]:
        """The probability of each answer."""
        return self.probabilities.amax(dim=1)


def read_tags(model: SequenceNetwork, text: str) -> TagReading:
    """The probabilities of all tags at each character.

    Raises:
        InputError: the text is empty, or the network does not know one of its characters.
    """
    tokens = model.vocabulary.encode(text)[None]
    model.check(tokens)
    with eval_mode(model), torch.no_grad():
        return TagReading(text, model(tokens.to(model.head.weight.device))[0].softmax(dim=-1).cpu())


def accuracy_by_tag(model: SequenceNetwork, data: Tagged) -> Mapping[str, tuple[int, int]]:
    """Of every tag, how many held-out characters are tagged rightly, and how many there are."""
    right, there = torch.zeros(len(TAGS), dtype=torch.long), torch.zeros(len(TAGS), dtype=torch.long)
    for batch in data.for_network(model.spec).test_batches(model.head.weight.device):
        outputs, _ = predict(model, batch)
        targets = batch.targets.cpu()
        counted = torch.ones_like(targets, dtype=torch.bool) if batch.mask is None else batch.mask.cpu()
        hit = (outputs.argmax(dim=-1).cpu() == targets) & counted
        there += torch.bincount(targets[counted], minlength=len(TAGS))
        right += torch.bincount(targets[hit], minlength=len(TAGS))
    return {tag: (int(right[place]), int(there[place])) for place, tag in enumerate(TAGS)}
