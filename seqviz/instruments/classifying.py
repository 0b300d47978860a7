"""Many texts answered by one network."""

from collections.abc import Iterator, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from seqviz.data.batch import Batch
from seqviz.data.words import tokenize
from seqviz.instruments.word_reading import vocabulary_of
from seqviz.networks.answers import class_shares
from seqviz.networks.network import SequenceNetwork
from seqviz.networks.scoring import predict

BATCH = 256
LONGEST = 200  # words of a text that are read


def classify(model: SequenceNetwork, texts: Sequence[str]) -> Iterator[float | Float[Tensor, "texts classes"]]:
    """The shares of all classes for each text, NaN for one without words; before that, how far it has come.

    Texts of similar length are read side by side, packed: the answer is that of the text alone.

    Raises:
        InputError: the network does not read words.
    """
    vocabulary = vocabulary_of(model)
    tokens = [vocabulary.encode(tokenize(text)[:LONGEST]) for text in texts]
    order = sorted((place for place, one in enumerate(tokens) if len(one)), key=lambda place: len(tokens[place]))
    found = model.head.weight.new_full((len(texts), max(2, model.spec.head.outputs)), torch.nan)
    for start in range(0, len(order), BATCH):
        places = order[start : start + BATCH]
        batch = Batch.collate([tokens[place] for place in places], torch.zeros(len(places)))
        found[places] = class_shares(predict(model, batch)[0])
        yield (start + len(places)) / len(order)
    yield found
