"""The baseline of an attribution, from the digits of its data."""

from torch import Tensor

from seqviz.instruments.baselines import baseline_image
from seqviz.snippets.subjects import Question
from seqviz.ui.shell import caches

MEANT = 500  # digits in the mean


def baseline_of(question: Question) -> Tensor:
    """The image `(28, 28)` that the digit is compared with."""
    digits = caches.dataset(question.digit.data).test.inputs[:MEANT]
    return baseline_image(question.baseline, question.digit.image, digits, question.other)
