"""What an input is compared with when it is attributed: what stands for "nothing there"."""

from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor

from seqviz.data.words import PAD, UNKNOWN
from seqviz.instruments.word_reading import vocabulary_of
from seqviz.networks.network import SequenceNetwork

BaselineKind = Literal["black", "mean", "blurred", "other"]
BASELINES: tuple[BaselineKind, ...] = get_args(BaselineKind)
WordBaselineKind = Literal["zeros", "average", "unknown", "padding"]
WORD_BASELINES: tuple[WordBaselineKind, ...] = get_args(WordBaselineKind)
BLUR = 3.0  # standard deviation, in pixels


def baseline_image(
    kind: BaselineKind, image: Float[Tensor, "time input"], digits: Float[Tensor, "n time input"], other: int = 0
) -> Float[Tensor, "time input"]:
    """A black image, the mean of some digits, the image itself blurred, or another digit by number."""
    match kind:
        case "mean":
            return digits.mean(dim=0)
        case "blurred":
            from scipy.ndimage import gaussian_filter

            return torch.from_numpy(gaussian_filter(image.numpy(), BLUR))
        case "other":
            return digits[other]
    return torch.zeros_like(image)


def baseline_words(kind: WordBaselineKind, model: SequenceNetwork, count: int) -> Float[Tensor, "count input"]:
    """So many vectors in the place of words': zeros, the mean of all words', or that of `<unk>` or `<pad>`.

    Raises:
        InputError: the network does not read words.
    """
    vocabulary = vocabulary_of(model)
    assert model.embedding is not None
    vectors = model.embedding.weight.detach()
    match kind:
        case "average":
            one = vectors[2:].mean(dim=0)  # <pad> and <unk> are no words
        case "unknown":
            one = vectors[vocabulary.words.index(UNKNOWN)]
        case "padding":
            one = vectors[vocabulary.words.index(PAD)]
        case _:
            one = torch.zeros_like(vectors[0])
    return one.expand(count, -1)
