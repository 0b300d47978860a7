"""From the numbers that a network answers with to classes: two classes may have one logit, that of the second."""

import torch
from jaxtyping import Float
from torch import Tensor


def class_count(outputs: int) -> int:
    """Classes of a network with so many outputs."""
    return max(2, outputs)


def class_scores(logits: Float[Tensor, "*batch answers"]) -> Float[Tensor, "*batch classes"]:
    """A score for each class, in nats; one logit z is the log odds z of the second class and -z of the first.

    >>> class_scores(torch.tensor([[2.0]]))
    tensor([[-2.,  2.]])
    """
    return torch.cat([-logits, logits], dim=-1) if logits.shape[-1] == 1 else logits


def class_shares(logits: Float[Tensor, "*batch answers"]) -> Float[Tensor, "*batch classes"]:
    """The probability of each class."""
    return class_scores(logits).sigmoid() if logits.shape[-1] == 1 else logits.softmax(dim=-1)
