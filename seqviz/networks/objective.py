"""What a network is trained for: a class, or a real number. The labels' type says which."""

from torch import Tensor
from torch.nn import functional as F

TOLERANCE = 0.04
"""A number is right within this distance, as in Hochreiter and Schmidhuber 1997."""


def objective(outputs: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy in nats of `(batch, classes)`, or mean squared error of `(batch, 1)`."""
    if labels.is_floating_point():
        return F.mse_loss(outputs[:, 0], labels)
    return F.cross_entropy(outputs, labels)


def correct(outputs: Tensor, labels: Tensor) -> Tensor:
    """Whether each answer is right, `(batch,)`."""
    if labels.is_floating_point():
        return (outputs[:, 0] - labels).abs() < TOLERANCE
    return outputs.argmax(dim=1) == labels
