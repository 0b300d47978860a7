"""The time machine: one example read by a network as it was after more and more training steps, on two clocks."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch

from seqviz.data.examples import Example
from seqviz.instruments.trace import Trace
from seqviz.palette import CELL_NAMES
from seqviz.player.timeline import Heatmap, Moment, Panel, Timeline
from seqviz.specs import ModelSpec
from seqviz.timelines.answers import answer_bars, answer_sentences, largest, settled_marks
from seqviz.timelines.examples import example_panel, example_timeline


def training_timeline(
    spec: ModelSpec,
    example: Example,
    steps: Sequence[int],
    traces: Sequence[Trace],
    orders: Sequence[Sequence[int]],
    target: int,
    title: str = "",
) -> Timeline:
    """One trace after each of these training steps; units in the same `orders`, one a layer, and in the same colours.

    The last panel is time step × training step: the probability of the class `target`.
    """
    read = example_panel(example)
    shares = torch.stack([trace.probabilities[0, :, target] for trace in traces], dim=1)  # (time, training steps)
    by_step = Heatmap(
        f"Probability of {example.classes[target]} by {example.step_name} and training step",
        shares.numpy(),
        list(steps),
        row_name="after step",
        symbol="probability",
        scale="share",
        layer=-1,
        picks_moment=True,
    )
    limits = [
        largest(torch.stack([trace.layers[index].hidden[0] for trace in traces]), 1.0) for index in range(len(orders))
    ]
    moments = tuple(
        Moment(step, tuple(_panels(spec, example, trace, read, by_step, orders, limits)), settled_marks(example, trace))
        for step, trace in zip(steps, traces, strict=True)
    )
    last = moments[-1]
    return replace(example_timeline(example, last.panels, title, last.marks), moments=moments)


def _panels(
    spec: ModelSpec,
    example: Example,
    trace: Trace,
    read: Panel,
    by_step: Heatmap,
    orders: Sequence[Sequence[int]],
    limits: Sequence[float],
) -> Iterator[Panel]:
    yield answer_sentences(example, trace)
    yield read
    for index, (layer, order, limit) in enumerate(zip(trace.layers, orders, limits, strict=True)):
        backward = ", backward" if layer.direction == "backward" else ""
        name = f"Hidden state h, {CELL_NAMES[spec.encoder.cell]} layer {layer.layer + 1}{backward}"
        hidden = layer.hidden[0][:, list(order)]
        yield Heatmap(f"{name}: {hidden.shape[1]} units", hidden.numpy(), list(order), limit=limit, layer=index)
    yield answer_bars(spec, example, trace)
    yield by_step
