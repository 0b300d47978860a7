"""What a network reads, as the first panel of a timeline: a digit as a picture, a text as words."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from seqviz.data.examples import Digit, Example, Sentence
from seqviz.player.timeline import Characters, Mark, Panel, Picture, Timeline

RATES = {Digit: 5.5, Sentence: 3.0}  # steps a second
TITLES = {Digit: "The digit, read so far", Sentence: "The text, read so far"}


def example_timeline(
    example: Example,
    panels: Sequence[Panel],
    title: str = "",
    marks: tuple[Mark, ...] = (),
    *,
    backwards: bool = False,
) -> Timeline:
    """Panels of one example on its clock: rows of a digit, words of a text."""
    kind = type(example)
    return Timeline(len(example), tuple(panels), (title,), marks, example.step_name, RATES[kind], backwards=backwards)


def example_panel(example: Example, title: str = "", *, written: bool = True) -> Picture | Characters:
    """The example itself; a text that is not `written` is there from the start."""
    title = title or TITLES[type(example)]
    if isinstance(example, Digit):
        return Picture(title, example.image.numpy())
    return _words(example, title, np.zeros(len(example)), 1.0, "", written=written)


def scored_panel(example: Example, title: str, scores: ArrayLike, limit: float) -> Picture | Characters:
    """The example under its `scores` `(time, features)`; a word is painted by the sum of its features'.

    Colours of pixels are full at `limit`, those of words at the largest.
    """
    totals = np.asarray(scores).sum(axis=-1)
    if isinstance(example, Digit):
        return Picture(title, example.image.numpy(), scores, totals, limit)
    return _words(example, title, totals, max(1e-9, float(np.abs(totals).max(initial=0.0))), "nats", written=False)


def _words(sentence: Sentence, title: str, values: ArrayLike, limit: float, unit: str, *, written: bool) -> Characters:
    words = [f"{word} " for word in sentence.words]
    return Characters(title, words, values, scale="signed", limit=limit, unit=unit, written=written, brief=True)
