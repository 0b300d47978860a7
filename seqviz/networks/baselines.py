"""Two networks without a memory, to hold the recurrent ones against: a small CNN, and a bag of rows."""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from seqviz.data.batch import Batch
from seqviz.errors import InputError
from seqviz.networks.empty import empty_weights
from seqviz.specs import BaselineSpec


class Baseline(nn.Module):
    """Features averaged over rows, and one linear layer; reads any number of rows.

    - "bag": each row alone through one hidden layer. Its answer is the same in whatever order the rows come.
    - "cnn": two 3×3 convolutions over rows and columns, so that neighbouring rows count; columns keep their places.
    """

    dropout = 0.0

    def __init__(self, spec: BaselineSpec) -> None:
        super().__init__()
        self.spec = spec
        hidden = spec.hidden_size
        if spec.kind == "bag":
            self.body = nn.Sequential(
                nn.Linear(spec.input_size, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU()
            )
        else:
            self.body = nn.Sequential(
                nn.Conv2d(1, hidden // 4, 3, padding=1),
                nn.ReLU(),
                nn.MaxPool2d(2, ceil_mode=True),
                nn.Conv2d(hidden // 4, hidden, 3, padding=1),
                nn.ReLU(),
                nn.MaxPool2d(2, ceil_mode=True),
            )
        columns = math.ceil(spec.input_size / 4) if spec.kind == "cnn" else 1
        self.head = nn.Linear(hidden * columns, spec.num_classes)

    def forward(
        self, inputs: Float[Tensor, "batch time input"], lengths: Int[Tensor, " batch"] | None = None
    ) -> Float[Tensor, "batch classes"]:
        if lengths is not None:
            raise InputError("A network without a memory reads sequences of one length here; leave the lengths out.")
        if self.spec.kind == "bag":
            return self.head(self.body(inputs).mean(dim=1))
        features = self.body(inputs[:, None])  # (batch, hidden, time / 4, input / 4)
        return self.head(features.mean(dim=2).flatten(start_dim=1))

    def answers(self, batch: Batch, state: object = None) -> tuple[Float[Tensor, "batch classes"], None]:
        """The answers for a batch, and no state to go on from."""
        return self(batch.inputs, batch.lengths), None

    def check(self, inputs: Tensor, lengths: Tensor | None = None) -> None:
        """Refuse what this network cannot read.

        Raises:
            InputError: wrong shape.
        """
        if inputs.ndim != 3 or inputs.shape[2] != self.spec.input_size or 0 in inputs.shape[:2]:
            raise InputError(
                f"The input has shape {tuple(inputs.shape)}; this network reads (batch, time, {self.spec.input_size})."
            )


def build_baseline(spec: BaselineSpec, seed: int = 0) -> Baseline:
    """The network with PyTorch's default initialisation, drawn from `seed` alone."""
    with torch.device("meta"):  # no random numbers yet
        model = Baseline(spec)
    empty_weights(model)
    generator = torch.Generator().manual_seed(seed)
    for module in model.modules():
        if isinstance(module, nn.Linear | nn.Conv2d):
            nn.init.kaiming_uniform_(module.weight, a=math.sqrt(5), generator=generator)
            bound = 1 / math.sqrt(module.weight[0].numel())
            assert module.bias is not None
            nn.init.uniform_(module.bias, -bound, bound, generator=generator)
    return model
