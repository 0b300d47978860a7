"""The time machine: one digit read by a network as it was after more and more training steps, on two clocks."""

from collections.abc import Iterator, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from seqviz.instruments.trace import Trace
from seqviz.palette import CELL_COLOURS, CELL_NAMES
from seqviz.player.timeline import Bars, Heatmap, Moment, Panel, Picture, Text, Timeline
from seqviz.specs import ModelSpec
from seqviz.timelines.answers import answer_after, largest, settled_marks


def training_timeline(
    spec: ModelSpec,
    image: Float[Tensor, "time input"],
    steps: Sequence[int],
    traces: Sequence[Trace],
    orders: Sequence[Sequence[int]],
    target: int,
    title: str = "",
) -> Timeline:
    """One trace after each of these training steps; units in the same `orders`, one a layer, and in the same colours.

    The last panel is row × training step: the probability of the class `target`.
    """
    picture = Picture("The digit, read so far", image.numpy())
    shares = torch.stack([trace.probabilities[0, :, target] for trace in traces], dim=1)  # (time, training steps)
    by_step = Heatmap(
        f"Probability of {target} by row and training step",
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
        Moment(step, tuple(_panels(spec, trace, picture, by_step, orders, limits)), settled_marks(trace))
        for step, trace in zip(steps, traces, strict=True)
    )
    last = moments[-1]
    return Timeline(len(image), last.panels, (title,), last.marks, moments=moments)


def _panels(
    spec: ModelSpec,
    trace: Trace,
    picture: Picture,
    by_step: Heatmap,
    orders: Sequence[Sequence[int]],
    limits: Sequence[float],
) -> Iterator[Panel]:
    probabilities = trace.probabilities[0]
    yield Text("Answer", [f"{answer_after(step, shares)}." for step, shares in enumerate(probabilities)])
    yield picture
    for index, (layer, order, limit) in enumerate(zip(trace.layers, orders, limits, strict=True)):
        backward = ", backward" if layer.direction == "backward" else ""
        name = f"Hidden state h, {CELL_NAMES[spec.encoder.cell]} layer {layer.layer + 1}{backward}"
        hidden = layer.hidden[0][:, list(order)]
        yield Heatmap(f"{name}: {hidden.shape[1]} units", hidden.numpy(), list(order), limit=limit, layer=index)
    labels = [str(label) for label in range(spec.head.outputs)]
    yield Bars("Answer, if it stopped here", probabilities.numpy(), labels, CELL_COLOURS[spec.encoder.cell])
    yield by_step
