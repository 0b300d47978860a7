"""A text that is read word by word, in both directions, on one clock."""

from collections.abc import Iterator, Sequence

import torch

from seqviz.data.vocabulary import visible
from seqviz.data.words import PAD
from seqviz.instruments.embeddings import EmbeddingHistory
from seqviz.instruments.padding import PaddedReading
from seqviz.instruments.trace import Trace
from seqviz.instruments.word_reading import WordReading
from seqviz.palette import CELL_COLOURS, CELL_NAMES
from seqviz.player.timeline import Characters, Heatmap, Lines, Mark, Panel, Scatter, Text, Timeline
from seqviz.specs import ModelSpec
from seqviz.timelines.answers import largest
from seqviz.timelines.wording import opening

RATE = 3.0  # words a second
EXTREME = 9  # words of each class that are named in the plane


def words_timeline(
    spec: ModelSpec, reading: WordReading, answer: str, title: str = "", layer: int = 0, *, pickable: bool = False
) -> Timeline:
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
            pickable=pickable,
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


def embedding_timeline(
    history: EmbeddingHistory, training_steps: Sequence[int], word: str, classes: Sequence[str]
) -> Timeline:
    """The words' vectors after more and more training steps; one word is marked, and its row shown beside `<pad>`'s.

    `classes` are the first and the last, by name.
    """
    marked = history.words.index(word)
    share_one, share_two = (float(100 * share) for share in history.explained)
    panels: list[Panel] = [
        Text("Word", [_moved(history, time, step, marked, classes) for time, step in enumerate(training_steps)]),
        Scatter(
            f"The words: orange, alone, says “{classes[-1]}”, blue “{classes[0]}”",
            history.points.numpy(),
            (2 * history.alone - 1).numpy(),
            list(history.words),
            _named(history, marked),
            (f"1st principal component ({share_one:.0f} %)", f"2nd ({share_two:.0f} %)"),
            f"{classes[-1]} less {classes[0]}, alone:",
            marked=marked,
        ),
    ]
    rows = {word: marked, PAD: history.words.index(PAD)}
    limit = largest(history.vectors[:, list(rows.values())], 1.0)
    panels += [
        Heatmap(
            f"The row of “{name}”",
            history.vectors[:, row].numpy(),
            list(range(history.vectors.shape[2])),
            row_name="entry",
            limit=limit,
            layer=-1 - place,
        )
        for place, (name, row) in enumerate(rows.items())
    ]
    return Timeline(len(training_steps), tuple(panels), step_name="time", rate=1.5)


def _moved(history: EmbeddingHistory, time: int, step: int, word: int, classes: Sequence[str]) -> str:
    way = float((history.vectors[time, word] - history.vectors[0, word]).norm())
    share = float(history.alone[time, word])
    return (
        f"After {step:,} steps: “{visible(history.words[word])}” alone is {classes[-1]} with {share:.0%}; its vector "
        f"has moved by {way:.2f}."
    )


def _named(history: EmbeddingHistory, marked: int) -> list[int]:
    """The word and the padding, then those that say most by themselves in the end: the first have room first."""
    order = history.alone[-1].argsort().tolist()
    return list(dict.fromkeys([marked, history.words.index(PAD), *order[:EXTREME], *order[-EXTREME:]]))


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
        return f"{opening(answer)} {float(reading.packed[step]):.0%} after “{visible(reading.words[step])}”."
    unpacked, masked = float(reading.unpacked[step]), float(reading.masked[step])
    return (
        f"{opening(answer)}, with {pads} of padding: unpacked {unpacked:.0%}, masked {masked:.0%}, "
        f"packed {float(reading.packed[step]):.0%}."
    )


def _sentence(reading: WordReading, step: int, answer: str, both: bool) -> str:
    last = len(reading.words) - 1 - step
    forward = f"up to “{visible(reading.words[step])}” {float(reading.forward[step]):.0%}"
    if not both:
        return f"{opening(answer)}, {forward}."
    backward = f"from “{visible(reading.words[last])}” on {float(reading.backward[last]):.0%}"
    return f"{opening(answer)}, if only this were there: → {forward}, ← {backward}."
