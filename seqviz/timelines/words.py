"""A text that is read word by word, in both directions, on one clock."""

from collections.abc import Iterator

import torch

from seqviz.data.vocabulary import visible
from seqviz.instruments.padding import PaddedReading
from seqviz.instruments.trace import Trace
from seqviz.instruments.word_reading import WordReading
from seqviz.palette import CELL_COLOURS, CELL_NAMES
from seqviz.player.timeline import Characters, Heatmap, Lines, Mark, Panel, Text, Timeline
from seqviz.specs import ModelSpec
from seqviz.timelines.answers import largest

RATE = 3.0  # words a second


def words_timeline(spec: ModelSpec, reading: WordReading, answer: str, title: str = "", layer: int = 0) -> Timeline:
    """After t words the forward reader has read the first t, and the backward reader the last t, the end first.

    `answer` is what the network says in the end; `layer` counts from 0.
    """
    time, both = len(reading.words), spec.encoder.bidirectional
    shares = [reading.forward, reading.backward.flip(0)] if both else [reading.forward]
    names = ["forward", "backward"] if both else [""]
    panels: list[Panel] = [
        Text("Readers", [_sentence(reading, step, answer, both) for step in range(time)]),
        Characters(
            f"Orange words speak for “{answer}”, blue ones against it",
            [f"{word} " for word in reading.words],
            reading.changes.numpy(),
            scale="signed",
            limit=max(1e-6, float(reading.changes.abs().max())),
            unit="nats",
            written=False,
        ),
        Lines(
            f"“{answer}”, if only so many words were there",
            torch.stack(shares, dim=1).numpy(),
            names,
            CELL_COLOURS[spec.encoder.cell],
        ),
    ]
    panels += _states(spec, reading.trace, layer)
    return Timeline(time, tuple(panels), (title,), step_name="word", rate=RATE)


def padding_timeline(spec: ModelSpec, reading: PaddedReading, answer: str, layer: int = 0) -> Timeline:
    """The words, then the padding, one step at a time; the backward reader begins in the padding."""
    words, time = len(reading.words), len(reading.words) + reading.pads
    shares = torch.stack([reading.packed, reading.masked, reading.unpacked], dim=1)
    panels: list[Panel] = [
        Text("Padding", [_with_padding(reading, step, answer) for step in range(time)]),
        Characters(
            "The text, and the padding behind it",
            [*(f"{word} " for word in reading.words), *["· "] * reading.pads],
            [0.0] * words + [1.0] * reading.pads,
            limit=3.0,
            unit="(1: padding)",
            written=False,
        ),
        Lines(
            f"“{answer}”, after so many steps",
            shares.numpy(),
            ["packed", "masked", "unpacked"],
            CELL_COLOURS[spec.encoder.cell],
        ),
        *_states(spec, reading.trace, layer),
    ]
    marks = (Mark(words, "padding from here on"),) if reading.pads else ()
    return Timeline(time, tuple(panels), marks=marks, step_name="step", rate=2 * RATE)


def _states(spec: ModelSpec, seen: Trace, layer: int) -> Iterator[Heatmap]:
    """The hidden states of a layer, in one heatmap a direction."""
    for index, signals in enumerate(seen.layers):
        if signals.layer != layer:
            continue
        backward = signals.direction == "backward"
        both = spec.encoder.bidirectional
        arrow = " ← reads from the end" if backward else " → reads from the start" if both else ""
        yield Heatmap(
            f"Hidden state, {CELL_NAMES[spec.encoder.cell]}{arrow}",
            signals.hidden[0].numpy(),
            list(range(spec.encoder.hidden_size)),
            limit=largest(signals.hidden, 1.0),
            layer=index,
            from_end=backward,
        )


def _with_padding(reading: PaddedReading, step: int, answer: str) -> str:
    pads = step + 1 - len(reading.words)
    if pads <= 0:
        return f"{answer.capitalize()} {float(reading.packed[step]):.0%} after “{visible(reading.words[step])}”."
    unpacked, masked = float(reading.unpacked[step]), float(reading.masked[step])
    return (
        f"{answer.capitalize()}, with {pads} of padding: unpacked {unpacked:.0%}, masked {masked:.0%}, "
        f"packed {float(reading.packed[step]):.0%}."
    )


def _sentence(reading: WordReading, step: int, answer: str, both: bool) -> str:
    last = len(reading.words) - 1 - step
    forward = f"up to “{visible(reading.words[step])}” {float(reading.forward[step]):.0%}"
    if not both:
        return f"{answer.capitalize()}, {forward}."
    backward = f"from “{visible(reading.words[last])}” on {float(reading.backward[last]):.0%}"
    return f"{answer.capitalize()}, if only this were there: → {forward}, ← {backward}."
