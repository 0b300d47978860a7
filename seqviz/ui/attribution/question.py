"""What the views of one digit share: which network, which digit, why this answer, compared with what."""

from functools import partial

import torch
from torch import Tensor

from seqviz.instruments.baselines import BASELINES, BaselineKind, baseline_image
from seqviz.snippets.subjects import Question
from seqviz.ui.shell import caches
from seqviz.ui.shell.choices import choose_digit, choose_network, choose_source
from seqviz.ui.shell.url import choose, whole

MEANT = 500  # digits in the mean
NOTHING = "none"
BASELINE_NAMES: dict[BaselineKind, str] = {
    "black": "a blank image",
    "mean": "the mean digit",
    "blurred": "the digit, blurred",
    "other": "another example",
}


def ask() -> Question:
    network = choose_network("Network", "model")
    digit = choose_digit(choose_source(), "sample")
    with torch.no_grad():
        ranked = network.model(digit.image[None])[0].argsort(descending=True).tolist()
    classes = [str(label) for label in range(network.spec.head.outputs)]
    wanted = choose("Why", ["answer", *classes], "why", names=partial(_named, answer=ranked[0]), width=190)
    first = ranked[0] if wanted == "answer" else int(wanted)
    rivals = [NOTHING, *(one for one in classes if one != str(first))]
    against = choose("and not", rivals, "not", width=140)
    baseline = choose("Compared with", BASELINES, "base", names=BASELINE_NAMES, width=190)
    other = 0
    if baseline == "other":
        last = min(MEANT, len(caches.dataset(digit.data).test)) - 1
        other = whole("Its number", "base_digit", high=last, width=130)
    target = first if against == NOTHING else (first, int(against))
    return Question(network, digit, target, baseline, other)


def probability(question: Question) -> str:
    """What the network itself answers, in a sentence."""
    with torch.no_grad():
        shares = question.network.model(question.digit.image[None])[0].softmax(dim=-1)
    answer, asked = int(shares.argmax()), question.label
    other = "" if asked == answer else f" It answers {answer}."
    return f"The network gives {asked} a probability of {float(shares[asked]):.1%} for {question.digit.title}.{other}"


def baseline_of(question: Question) -> Tensor:
    """The image `(28, 28)` that the digit is compared with."""
    digits = caches.dataset(question.digit.data).test.inputs[:MEANT]
    return baseline_image(question.baseline, question.digit.image, digits, question.other)


def _named(option: str, answer: int) -> str:
    return f"its answer ({answer})" if option == "answer" else option
