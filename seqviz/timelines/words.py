"""A text that is read word by word, in both directions, on one clock."""

import torch

from seqviz.data.vocabulary import visible
from seqviz.instruments.word_reading import WordReading
from seqviz.palette import CELL_COLOURS, CELL_NAMES
from seqviz.player.timeline import Characters, Heatmap, Lines, Panel, Text, Timeline
from seqviz.specs import ModelSpec

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
    for index, signals in enumerate(reading.trace.layers):
        if signals.layer != layer:
            continue
        backward = signals.direction == "backward"
        arrow = " ← reads from the end" if backward else " → reads from the start" if both else ""
        panels.append(
            Heatmap(
                f"Hidden state, {CELL_NAMES[spec.encoder.cell]}{arrow}",
                signals.hidden[0].numpy(),
                list(range(spec.encoder.hidden_size)),
                limit=max(1.0, float(signals.hidden.abs().max())),
                layer=index,
                from_end=backward,
            )
        )
    return Timeline(time, tuple(panels), (title,), step_name="word", rate=RATE)


def _sentence(reading: WordReading, step: int, answer: str, both: bool) -> str:
    last = len(reading.words) - 1 - step
    forward = f"up to “{visible(reading.words[step])}” {float(reading.forward[step]):.0%}"
    if not both:
        return f"{answer.capitalize()}, {forward}."
    backward = f"from “{visible(reading.words[last])}” on {float(reading.backward[last]):.0%}"
    return f"{answer.capitalize()}, if only this were there: → {forward}, ← {backward}."
