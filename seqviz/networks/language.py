"""The character model: an embedding, PyTorch's own recurrent layer, and one logit for every character."""

from collections.abc import Iterator

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from seqviz.data.vocabulary import Vocabulary
from seqviz.networks.evaluation import Evaluation
from seqviz.networks.layers import fused_layer
from seqviz.specs import LanguageModelSpec

Memory = Tensor | tuple[Tensor, Tensor]
"""What PyTorch's layers hand on: `h_n` `(layers, batch, hidden)`, and with an LSTM `(h_n, c_n)`."""

STREAMS, STREAM, CHUNK = 32, 500, 256
"""A held-out text is scored in at most so many streams, each of at least so many characters, in chunks of so many."""


class CharLanguageModel(nn.Module):
    """After every character, a logit for each character that may come next.

    >>> model = CharLanguageModel(LanguageModelSpec(vocabulary="abc", hidden_size=8))
    >>> logits, memory = model(torch.tensor([[0, 1, 2, 0]]))
    >>> logits.shape, memory.shape
    (torch.Size([1, 4, 3]), torch.Size([1, 1, 8]))
    """

    def __init__(self, spec: LanguageModelSpec) -> None:
        super().__init__()
        self.spec = spec
        self.embedding = nn.Embedding(len(spec.vocabulary), spec.embedding_size)
        self.rnn = fused_layer(spec.cell, spec.embedding_size, spec.hidden_size, spec.num_layers, dropout=spec.dropout)
        self.head = nn.Linear(spec.hidden_size, len(spec.vocabulary))
        if spec.tied:
            self.head.weight = self.embedding.weight

    @property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary(self.spec.vocabulary)

    def forward(
        self, tokens: Int[Tensor, "batch time"], memory: Memory | None = None
    ) -> tuple[Float[Tensor, "batch time characters"], Memory]:
        outputs, memory = self.rnn(self.embedding(tokens), memory)  # (batch, time, hidden)
        return self.head(outputs), memory


def detached(memory: Memory) -> Memory:
    """The same numbers, through which no gradient flows."""
    return (memory[0].detach(), memory[1].detach()) if isinstance(memory, tuple) else memory.detach()


def score_text(model: CharLanguageModel, tokens: Int[Tensor, " time"]) -> Iterator[int | Evaluation]:
    """The number of characters scored so far, and at the end the mean loss in nats and the accuracy.

    The text is cut into contiguous streams, each read from an empty memory: all characters but the first of
    each stream are predicted. The model's mode is given back.
    """
    streams = max(1, min(STREAMS, len(tokens) // STREAM))
    length = len(tokens) // streams
    rows = tokens[: streams * length].reshape(streams, length)
    loss, right, memory = 0.0, 0, None
    for start in range(0, length - 1, CHUNK):
        x, y = rows[:, start : start + CHUNK], rows[:, start + 1 : start + CHUNK + 1]
        logits, memory = _read(model, x[:, : y.shape[1]], memory)
        loss += float(F.cross_entropy(logits.flatten(0, 1), y.flatten(), reduction="sum"))
        right += int((logits.argmax(dim=-1) == y).sum())
        yield streams * min(start + CHUNK, length - 1)
    predicted = streams * (length - 1)
    yield Evaluation(loss / predicted, right / predicted, torch.zeros(0, 0, dtype=torch.int64), ())


def _read(model: CharLanguageModel, tokens: Tensor, memory: Memory | None) -> tuple[Tensor, Memory]:
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            return model(tokens, memory)
    finally:
        model.train(was_training)
