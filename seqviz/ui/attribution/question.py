"""What the views of one example share: which network, which example, why this answer, compared with what."""

from functools import partial
from typing import cast

import torch
from torch import Tensor

from seqviz.data.examples import Example, Sentence
from seqviz.instruments.baselines import (
    BASELINES,
    WORD_BASELINES,
    BaselineKind,
    WordBaselineKind,
    baseline_image,
    baseline_words,
)
from seqviz.networks.answers import class_shares
from seqviz.snippets.subjects import Network, Question
from seqviz.ui.shell import caches
from seqviz.ui.shell.choices import choose_any_network, choose_example
from seqviz.ui.shell.frame import verbatim
from seqviz.ui.shell.url import choose, whole

MEANT = 500  # digits in the mean
NOTHING = "none"
BASELINE_NAMES: dict[BaselineKind, str] = {
    "black": "a blank image",
    "mean": "the mean digit",
    "blurred": "the digit, blurred",
    "other": "another example",
}
WORD_BASELINE_NAMES: dict[WordBaselineKind, str] = {
    "zeros": "vectors of zeros",
    "average": "the mean word",
    "unknown": "unknown words",
    "padding": "padding",
}


def ask() -> Question:
    network = choose_any_network("Network", "model")
    example = choose_example(network)
    answer = int(_shares(network, example).argmax())
    labels, named = list(map(str, range(len(example.classes)))), partial(_named, example=example, answer=answer)
    wanted = choose("Why", ["answer", *labels], "why", names=named, width=190)
    first = answer if wanted == "answer" else int(wanted)
    rivals = [NOTHING, *(label for label in labels if label != str(first))]
    # of two classes, why one and not the other is the same question twice
    against = choose("and not", rivals, "not", names=named, width=140) if len(labels) > 2 else NOTHING
    target = first if against == NOTHING else (first, int(against))
    return Question(network, example, target, *_choose_baseline(example))


def _choose_baseline(example: Example) -> tuple[BaselineKind | WordBaselineKind, int]:
    """What the example is compared with, and which other example, if it is that."""
    if isinstance(example, Sentence):
        return choose("Compared with", WORD_BASELINES, "word_base", names=WORD_BASELINE_NAMES, width=190), 0
    baseline = choose("Compared with", BASELINES, "base", names=BASELINE_NAMES, width=190)
    if baseline != "other":
        return baseline, 0
    last = min(MEANT, len(caches.dataset(example.data).test)) - 1
    return baseline, whole("Its number", "base_digit", high=last, width=130)


def probability(question: Question) -> str:
    """What the network itself answers, in a sentence."""
    example, asked = question.example, question.label
    shares = _shares(question.network, example)
    answer, names = int(shares.argmax()), [verbatim(name) for name in example.classes]
    other = "" if asked == answer else f" It answers {names[answer]}."
    share, title = float(shares[asked]), verbatim(example.title)
    return f"The network gives {names[asked]} a probability of {share:.1%} for {title}.{other}"


def baseline_of(question: Question) -> Tensor:
    """What the example is compared with, as the recurrent layers read it: `(time, input)`."""
    example, model = question.example, question.network.model
    if isinstance(example, Sentence):
        return baseline_words(cast(WordBaselineKind, question.baseline), model, len(example))
    digits = caches.dataset(example.data).test.inputs[:MEANT]
    return baseline_image(cast(BaselineKind, question.baseline), example.image, digits, question.other)


def _shares(network: Network, example: Example) -> Tensor:
    with torch.no_grad():
        return class_shares(network.model(example.inputs(network.spec)[None]))[0]


def _named(option: str, example: Example, answer: int) -> str:
    if option == NOTHING:
        return option
    return f"its answer ({example.classes[answer]})" if option == "answer" else example.classes[int(option)]
