"""The answer after each row as a timeline, and what other timelines of it share: sentence, mark, limits of colours."""

import math

from jaxtyping import Float
from torch import Tensor

from seqviz.data.examples import Example
from seqviz.instruments.trace import Trace, settled_step
from seqviz.palette import CELL_COLOURS
from seqviz.player.timeline import Bars, Mark, Text, Timeline
from seqviz.specs import ModelSpec
from seqviz.timelines.examples import example_panel, example_timeline

NO_ANSWER = "its numbers are too large for float32, so it has no answer"


def answers_timeline(spec: ModelSpec, example: Example, seen: Trace, title: str = "") -> Timeline:
    """The example and the answer so far, and nothing else: small enough to stand beside a chart."""
    panels = (answer_sentences(example, seen), example_panel(example), answer_bars(spec, example, seen))
    return example_timeline(example, panels, title, settled_marks(example, seen))


def answer_sentences(example: Example, seen: Trace, settled: int | None = None) -> Text:
    """The answer after each step, in words; from step `settled` on with the remark that it stays."""
    sentences = []
    for step, shares in enumerate(seen.probabilities[0]):
        stays = " From here on the answer stays." if settled is not None and step >= settled else ""
        sentences.append(f"{answer_after(example, step, shares)}.{stays}")
    return Text("Answer", sentences)


def answer_bars(spec: ModelSpec, example: Example, seen: Trace) -> Bars:
    """The share of each class after each step."""
    shares = seen.probabilities[0].numpy()
    return Bars("Answer, if it stopped here", shares, example.classes, CELL_COLOURS[spec.encoder.cell])


def answer_after(example: Example, step: int, probabilities: Float[Tensor, " classes"]) -> str:
    """The answer after one step, in words."""
    share, answer = probabilities.max(dim=-1)
    place = example.step(step)
    if not math.isfinite(share):
        return f"After {place}: {NO_ANSWER}"
    return f"After {place}: it would answer {example.classes[int(answer)]}, with {float(share):.0%}"


def settled_marks(example: Example, trace: Trace) -> tuple[Mark, ...]:
    """A mark at the step from which the answer of the first sequence stays; none where it has no answer in the end."""
    probabilities = trace.probabilities
    if not probabilities[0, -1].isfinite().all():
        return ()
    settled = int(settled_step(probabilities)[0])
    return (Mark(settled, f"the answer is final from {example.step_name} {settled + 1}"),)


def largest(values: Tensor, at_least: float, quantile: float = 1.0) -> float:
    """The largest |value|, or a quantile of them, of those that are finite: where colours are full."""
    finite = values[values.isfinite()].abs()
    return max(at_least, float(finite.quantile(quantile))) if len(finite) else at_least
