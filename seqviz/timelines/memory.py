"""A reading as a timeline: the example, every layer's memory, the answer after each row, the path of the state."""

from collections.abc import Iterator, Sequence

import torch

from seqviz.instruments.sequence_trace import ReferencePaths, SequenceTrace
from seqviz.palette import CELL_COLOURS, CELL_NAMES
from seqviz.player.timeline import Heatmap, Lines, Panel, Path, Timeline
from seqviz.timelines.answers import answer_bars, answer_sentences, largest, settled_marks
from seqviz.timelines.examples import example_panel, example_timeline


def memory_timeline(reading: SequenceTrace, title: str = "", alongside: Sequence[SequenceTrace] = ()) -> Timeline:
    """The panels of one network reading one example, with a mark at the step from which its answer no longer changes.

    `alongside` are readings whose colours must mean the same numbers.
    """
    marks = settled_marks(reading.example, reading.trace)
    panels = tuple(_panels(reading, marks[0].step if marks else None, (reading, *alongside)))
    return example_timeline(reading.example, panels, title, marks)


def _panels(reading: SequenceTrace, settled: int | None, compared: Sequence[SequenceTrace]) -> Iterator[Panel]:
    spec, example, probabilities = reading.spec, reading.example, reading.trace.probabilities[0]
    colour = CELL_COLOURS[spec.encoder.cell]
    yield answer_sentences(example, reading.trace, settled)
    yield example_panel(example)
    first, *deeper = _heatmaps(reading, compared)
    yield first
    yield answer_bars(spec, example, reading.trace)
    yield from deeper
    if reading.background is not None:
        yield _path(reading, reading.background, colour)
    name = f"Probability of each class after each {example.step_name}"
    yield Lines(name, probabilities.numpy(), example.classes, colour)


def _path(reading: SequenceTrace, background: ReferencePaths, colour: str) -> Path:
    shares = [f"{share:.0%}" for share in background.plane.explained.tolist()]
    example, steps = reading.example, torch.arange(len(reading.example)).clamp(max=background.paths.shape[1] - 1)
    return Path(
        f"Path of the hidden state, among other {example.noun}s",
        reading.path.numpy(),
        background.paths[:, steps].numpy(),
        [example.classes[label] for label in background.labels.tolist()],
        axes=(f"component 1 ({shares[0]} of variance)", f"component 2 ({shares[1]})"),
        colour=colour,
    )


def _heatmaps(reading: SequenceTrace, compared: Sequence[SequenceTrace]) -> Iterator[Heatmap]:
    limit = max(largest(layer.hidden, 1.0) for one in compared for layer in one.trace.layers)
    name = CELL_NAMES[reading.spec.encoder.cell]
    for index, (layer, order) in enumerate(zip(reading.trace.layers, reading.orders, strict=True)):
        hidden = layer.hidden[0]  # (time, hidden)
        later = f", backward: it knows the {reading.example.step_name}s that follow"
        backward = later if layer.direction == "backward" else ""
        yield Heatmap(
            f"Hidden state h, {name} layer {layer.layer + 1}{backward}: {hidden.shape[1]} units",
            hidden[:, order].numpy(),
            rows=order.tolist(),
            limit=limit,
            layer=index,
        )
