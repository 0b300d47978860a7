"""A reading as a timeline: the digit, every layer's memory, the answer after each row, the path of the state."""

from collections.abc import Iterator, Sequence

from seqviz.instruments.sequence_trace import ReferencePaths, SequenceTrace
from seqviz.palette import CELL_COLOURS, CELL_NAMES
from seqviz.player.timeline import Bars, Heatmap, Lines, Panel, Path, Picture, Text, Timeline
from seqviz.timelines.answers import answer_after, largest, settled_marks


def memory_timeline(reading: SequenceTrace, title: str = "", alongside: Sequence[SequenceTrace] = ()) -> Timeline:
    """The panels of one network reading one digit, with a mark at the row from which its answer no longer changes.

    `alongside` are readings whose colours must mean the same numbers.
    """
    marks = settled_marks(reading.trace)
    panels = tuple(_panels(reading, marks[0].step if marks else None, (reading, *alongside)))
    return Timeline(steps=len(reading.image), panels=panels, groups=(title,), marks=marks)


def _panels(reading: SequenceTrace, settled: int | None, compared: Sequence[SequenceTrace]) -> Iterator[Panel]:
    spec, probabilities = reading.spec, reading.trace.probabilities[0]
    colour, labels = CELL_COLOURS[spec.encoder.cell], [str(label) for label in range(spec.head.outputs)]
    yield Text("Answer", _sentences(reading, settled))
    yield Picture("The digit, read so far", reading.image.numpy())
    first, *deeper = _heatmaps(reading, compared)
    yield first
    yield Bars("Answer, if it stopped here", probabilities.numpy(), labels, colour)
    yield from deeper
    if reading.background is not None:
        yield _path(reading, reading.background, colour)
    yield Lines("Probability of each class after each row", probabilities.numpy(), labels, colour)


def _path(reading: SequenceTrace, background: ReferencePaths, colour: str) -> Path:
    shares = [f"{share:.0%}" for share in background.plane.explained.tolist()]
    return Path(
        "Path of the hidden state, among other digits",
        reading.path.numpy(),
        background.paths.numpy(),
        [str(label) for label in background.labels.tolist()],
        axes=(f"component 1 ({shares[0]} of variance)", f"component 2 ({shares[1]})"),
        colour=colour,
    )


def _heatmaps(reading: SequenceTrace, compared: Sequence[SequenceTrace]) -> Iterator[Heatmap]:
    limit = max(largest(layer.hidden, 1.0) for one in compared for layer in one.trace.layers)
    name = CELL_NAMES[reading.spec.encoder.cell]
    for index, (layer, order) in enumerate(zip(reading.trace.layers, reading.orders, strict=True)):
        hidden = layer.hidden[0]  # (time, hidden)
        backward = ", backward: it knows the rows below" if layer.direction == "backward" else ""
        yield Heatmap(
            f"Hidden state h, {name} layer {layer.layer + 1}{backward}: {hidden.shape[1]} units",
            hidden[:, order].numpy(),
            rows=order.tolist(),
            limit=limit,
            layer=index,
        )


def _sentences(reading: SequenceTrace, settled: int | None) -> tuple[str, ...]:
    stays = " From here on the answer stays."
    return tuple(
        f"{answer_after(step, probabilities)}.{stays if settled is not None and step >= settled else ''}"
        for step, probabilities in enumerate(reading.trace.probabilities[0])
    )
