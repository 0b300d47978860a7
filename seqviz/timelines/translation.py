"""A network that reads one sequence and writes another on one clock: all steps that it reads, then those it writes."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from seqviz.data.tokens import END, Tokens
from seqviz.data.vocabulary import named
from seqviz.instruments.translation import Translation
from seqviz.instruments.translation_gradients import WayBack
from seqviz.palette import CELL_COLOURS
from seqviz.player.timeline import (
    Alignment,
    Candidates,
    Characters,
    Heatmap,
    Looking,
    Mark,
    Moment,
    Panel,
    Text,
    Timeline,
)
from seqviz.specs import EncoderDecoderSpec, PictureInput
from seqviz.timelines.answers import largest
from seqviz.timelines.signals import SHARES, SYMBOLS
from seqviz.timelines.wording import compared

END_SIGN = "⟨end⟩"
RATE = 6.0  # steps a second
LIKELIEST = 7  # tokens shown at every step
LOOKS = 0.2  # a share of attention from which a place is named


def translation_timeline(
    spec: EncoderDecoderSpec,
    source: Sequence[str],
    translation: Translation,
    target: Tokens,
    signals: Sequence[str] = ("hidden",),
    title: str = "",
    *,
    right: Sequence[int] | None = None,
) -> Timeline:
    """A text is read, then another is written; `right` is what should be written, where that is known."""
    reading, names = len(source), written_names(translation, target)
    weights = None if translation.attention is None else _after(reading, translation.attention)
    title_of_lines = "What is written looks at what was read" if weights is not None else "What is read, and written"
    panels: list[Panel] = [
        Text("Now", _sentences(source, translation, target, right)),
        Alignment(title_of_lines, source, names, reading, weights),
        _candidates(spec, translation, target, reading),
    ]
    if weights is not None:
        panels.append(Alignment("Attention, a row a token", source, names, reading, weights, matrix=True))
    panels += [_signal(translation, signal, reading) for signal in signals]
    marks = (Mark(reading, "writes"), *_first_mistake(translation, right, reading))
    return Timeline(reading + len(names), tuple(panels), (title,), marks, step_name="step", rate=RATE)


def caption_timeline(
    spec: EncoderDecoderSpec,
    picture: Float[Tensor, "rows columns"],
    translation: Translation,
    target: Tokens,
    signals: Sequence[str] = ("hidden",),
    *,
    right: Sequence[int] | None = None,
) -> Timeline:
    """A picture is spelled out, letter by letter, with what each letter looks at."""
    assert isinstance(spec.input, PictureInput)
    names = written_names(translation, target)
    panels: tuple[Panel, ...] = (
        Text("Now", [_writes(step, translation, target, right, ()) for step in range(len(names))]),
        Characters(
            "What it writes; strong colours were unsure",
            names,
            [1 - share for share in translation.shares],
            unit="unsure",
            brief=True,
        ),
        Looking(
            "Where the letter looks" if translation.attention is not None else "The picture",
            picture.numpy(),
            len(names),
            None if translation.attention is None else translation.attention.numpy(),
            spec.input.grid,
        ),
        _candidates(spec, translation, target, 0),
        *(_signal(translation, signal, 0) for signal in signals),
    )
    marks = _first_mistake(translation, right, 0)
    return Timeline(len(names), panels, marks=marks, step_name="letter", rate=RATE)


def stack_timeline(
    source: Sequence[str],
    translation: Translation,
    target: Tokens,
    stack: str,
    signals: Sequence[str],
    title: str = "",
) -> Timeline:
    """Every layer of what reads (`encoder`) or writes (`decoder`): one heatmap a layer, direction and signal."""
    reads = stack == "encoder"
    layers = translation.encoder if reads else translation.decoder
    names = list(source) if reads else written_names(translation, target)
    sentences = (
        [f"Reads {step + 1} of {len(names)}: “{_name(token)}”." for step, token in enumerate(names)]
        if reads
        else [_writes(step, translation, target, None, source) for step in range(len(names))]
    )
    values = [0.0] * len(names) if reads else [1 - share for share in translation.shares]
    spaced = names if all(len(name) == 1 for name in names) else [f"{name} " for name in names]
    panels: list[Panel] = [
        Text("Now", sentences),
        Characters("What it reads" if reads else "What it writes", spaced, values, unit="unsure", brief=True),
    ]
    for index, layer in enumerate(layers):
        backward = ", backward" if layer.direction == "backward" else ""
        named_layer = f"layer {layer.layer + 1}{backward}"
        panels += [
            replace(
                heatmap_of(layer.signal(signal)[0], signal), title=f"{signal_title(signal)}, {named_layer}", layer=index
            )
            for signal in signals
        ]
    return Timeline(len(names), tuple(panels), (title,), step_name="letter" if reads else "word", rate=RATE)


def way_back_timeline(source: Sequence[str], written: Sequence[str], way: WayBack, title: str) -> Timeline:
    """The gradient of the last of the written tokens on its way back, first through what writes, then what reads."""
    reading, steps = len(source), len(way.decoder)
    width = max(way.encoder_vectors.shape[1], way.decoder_vectors.shape[1])
    vectors = torch.cat([_as_wide(way.encoder_vectors, width), _as_wide(way.decoder_vectors, width)])
    norms = vectors.norm(dim=1)
    enters = max(1e-30, float(norms[-1]))
    names = [*source, *written[:steps]]
    sentences = [
        f"{'Reads' if step < reading else 'Writes'} “{_name(name)}”: the gradient is {compared(float(norm) / enters)}."
        for step, (name, norm) in enumerate(zip(names, norms, strict=True))
    ]
    shares = vectors / enters  # networks with small losses have small gradients
    limit = max(1e-6, float(shares.abs().quantile(0.98)))
    panels = (
        Text("Now", sentences),
        Heatmap(
            "∂L/∂h, compared with where it enters", shares.numpy(), list(range(width)), symbol="∂L/∂h", limit=limit
        ),
        Heatmap(
            "Its norm, logarithm to base 10, compared with where it enters",
            (norms / enters).clamp(min=1e-8).log10()[:, None].numpy(),
            [0],
            row_name="norm",
            symbol="log₁₀",
            limit=4.0,
        ),
    )
    marks = (Mark(reading, "writes"),)
    return Timeline(reading + steps, panels, (title,), marks, step_name="step", rate=RATE, backwards=True)


def written_names(translation: Translation, target: Tokens) -> list[str]:
    """The tokens that were written, the end by a sign."""
    return [END_SIGN if token == END else target.vocabulary[token] for token in translation.tokens]


def through_training(timelines: Sequence[tuple[int, Timeline]]) -> Timeline:
    """The same pair after several training steps: the last of the timelines, with all of them as its moments."""
    moments = tuple(Moment(step, timeline.panels, timeline.marks) for step, timeline in timelines)
    return replace(timelines[-1][1], moments=moments)


def _sentences(
    source: Sequence[str], translation: Translation, target: Tokens, right: Sequence[int] | None
) -> list[str]:
    total = len(source)
    reads = [f"Reads {step + 1} of {total}: “{_name(token)}”." for step, token in enumerate(source)]
    return reads + [_writes(step, translation, target, right, source) for step in range(len(translation.tokens))]


def _writes(
    step: int, translation: Translation, target: Tokens, right: Sequence[int] | None, source: Sequence[str]
) -> str:
    token, share = translation.tokens[step], translation.shares[step]
    what = "the end" if token == END else f"“{_name(target.vocabulary[token])}”"
    said = f"Writes {what} with {share:.1%}"
    if source and translation.attention is not None:
        places = [place for place, look in enumerate(translation.attention[step].tolist()) if look >= LOOKS]
        looks = ", ".join(f"{place + 1} “{_name(source[place])}”" for place in places)
        said += f"; looks most at {looks}" if looks else "; looks at no place in particular"
    should = _should(step, right)
    if should is not None and should != token:
        said += f". It should be {'the end' if should == END else f'“{_name(target.vocabulary[should])}”'}"
    return f"{said}."


def _should(step: int, right: Sequence[int] | None) -> int | None:
    """The right token at a step, while there is one."""
    if right is None or step > len(right):
        return None
    return right[step] if step < len(right) else END


def _first_mistake(translation: Translation, right: Sequence[int] | None, reading: int) -> tuple[Mark, ...]:
    for step, token in enumerate(translation.tokens):
        should = _should(step, right)
        if should is not None and should != token:
            return (Mark(reading + step, "first mistake"),)
    return ()


def _candidates(spec: EncoderDecoderSpec, translation: Translation, target: Tokens, reading: int) -> Candidates:
    """The likeliest tokens at each step that writes; while it reads there are none."""
    count = min(LIKELIEST, len(target))
    shares, tokens = translation.distributions.topk(count)
    labels = [[END_SIGN if token == END else target.vocabulary[token] for token in row] for row in tokens.tolist()]
    chosen = [
        row.index(token) if token in row else -1 for row, token in zip(tokens.tolist(), translation.tokens, strict=True)
    ]
    before = _after(reading, shares)
    return Candidates(
        "The likeliest next",
        [[""] * count] * reading + labels,
        before,
        before,
        np.ones_like(before),
        [-1] * reading + chosen,
        CELL_COLOURS[spec.decoder.cell],
        plain=True,
    )


def _signal(translation: Translation, signal: str, reading: int) -> Heatmap:
    """One signal of the last layers: of what reads, both directions one above the other, then of what writes."""
    values = translation.decoder[-1].signal(signal)[0]  # (steps, hidden)
    if translation.encoder and reading:
        last = translation.encoder[-1].layer
        read = torch.cat([layer.signal(signal)[0] for layer in translation.encoder if layer.layer == last], dim=1)
        width = max(read.shape[1], values.shape[1])
        values = torch.cat([_as_wide(read, width), _as_wide(values, width)])
    heatmap = heatmap_of(values, signal)
    return replace(heatmap, title=f"{heatmap.title}: reads, then writes") if reading else heatmap


def signal_title(signal: str) -> str:
    kind = "state" if signal in ("cell", "hidden") else "" if signal == "preactivation" else "gate"
    return " ".join(filter(None, [signal.capitalize(), kind, SYMBOLS[signal]]))


def heatmap_of(values: Float[Tensor, "steps units"], signal: str) -> Heatmap:
    """One signal of one layer, in its usual colours."""
    return Heatmap(
        signal_title(signal),
        values.numpy(),
        list(range(values.shape[1])),
        symbol=SYMBOLS[signal],
        scale="share" if signal in SHARES else "signed",
        limit=largest(values, 1.0, 0.98),
    )


def _as_wide(values: Float[Tensor, "time units"], width: int) -> Float[Tensor, "time width"]:
    return torch.nn.functional.pad(values, (0, width - values.shape[1]))


def _after(reading: int, values: Tensor) -> NDArray[np.float64]:
    """Nothing while it reads, then the values of each step that writes."""
    return np.concatenate([np.zeros((reading, values.shape[1])), values.numpy()])


def _name(token: str) -> str:
    return named(token) if len(token) == 1 else token
