"""What a run learns from, one batch after another: shuffled sequences with labels, or a text in contiguous streams."""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from seqviz.data.datasets import SequenceData
from seqviz.data.split import Split
from seqviz.data.text import TextData
from seqviz.errors import InputError
from seqviz.networks.build import AnyModel
from seqviz.networks.evaluation import Evaluation, evaluate_in_batches
from seqviz.networks.language import CharLanguageModel, Memory, detached, score_text
from seqviz.specs import TrainSpec

Augmentation = Callable[[Tensor, torch.Generator], Tensor]
AnyData = SequenceData | TextData


def total_steps(data: AnyData, spec: TrainSpec) -> int:
    """Updates of the weights in a whole run."""
    return spec.epochs * steps_an_epoch(data, spec)


def steps_an_epoch(data: AnyData, spec: TrainSpec) -> int:
    """Batches in one pass over the training data."""
    if isinstance(data, TextData):
        return max(1, math.ceil(_stream_length(data, spec) / spec.truncate))
    return math.ceil(len(data.train) / spec.batch_size)


def examples_a_step(data: AnyData, spec: TrainSpec) -> int:
    """Labelled sequences, or predicted characters, in one batch."""
    return spec.batch_size * (min(spec.truncate, _stream_length(data, spec)) if isinstance(data, TextData) else 1)


def _stream_length(data: TextData, spec: TrainSpec) -> int:
    return (len(data.train) - 1) // spec.batch_size


class Forward(NamedTuple):
    """One batch after its forward pass: what went in, the outputs `(n, classes)`, and the labels `(n,)`."""

    inputs: Tensor
    outputs: Tensor
    labels: Tensor


class Sequences:
    """Labelled sequences in batches that are shuffled anew for every epoch; nothing is carried between them."""

    def __init__(
        self,
        model: AnyModel,
        data: SequenceData,
        spec: TrainSpec,
        device: torch.device,
        augment: Augmentation | None,
    ) -> None:
        assert not isinstance(model, CharLanguageModel)
        self.model, self.spec, self.augment = model, spec, augment
        self.train = Split(data.train.sequences.to(device), data.train.labels.to(device))
        self.test = Split(data.test.sequences.to(device), data.test.labels.to(device))
        self.to_score = len(self.test)

    def batches(self, after: int) -> Iterator[Tensor]:
        """One permutation an epoch from one generator."""
        shuffle = torch.Generator().manual_seed(self.spec.seed)
        step = 0
        for _ in range(self.spec.epochs):
            for index in torch.randperm(len(self.train), generator=shuffle).split(self.spec.batch_size):
                step += 1
                if step > after:
                    yield index

    def forward(self, index: Tensor, step: int) -> Forward:
        index = index.to(self.train.labels.device)
        x, y = self.train.sequences[index], self.train.labels[index]
        if self.augment:
            x = self.augment(x, torch.Generator().manual_seed(mixed(self.spec.seed, step)))
        return Forward(x, self.model(x), y)

    def evaluate(self) -> Iterator[int | Evaluation]:
        return evaluate_in_batches(self.model, self.test)

    @property
    def carried(self) -> Mapping[str, Tensor]:
        return {}

    def carry(self, carried: Mapping[str, Tensor]) -> None:
        pass


class Streams:
    """A text in `batch_size` contiguous streams, `truncate` characters a batch.

    The memory crosses from one batch to the next, but no gradient does; an epoch begins with an empty memory.
    """

    def __init__(self, model: CharLanguageModel, data: TextData, spec: TrainSpec, device: torch.device) -> None:
        self.model, self.spec = model, spec
        self.length = _stream_length(data, spec)
        if self.length < 1:
            raise InputError(
                f"The text has {len(data.train):,} characters to learn from, too few for a batch of "
                f"{spec.batch_size:,} streams. Set the batch to {(len(data.train) - 1) // 2:,} or less."
            )
        tokens, used = model.vocabulary.encode(data.train).to(device), spec.batch_size * self.length
        self.inputs = tokens[:used].view(spec.batch_size, self.length)  # (streams, time)
        self.targets = tokens[1 : used + 1].view(spec.batch_size, self.length)
        self.test = model.vocabulary.encode(data.test).to(device)
        self.to_score = len(self.test)
        self.memory: Memory | None = None

    def batches(self, after: int) -> Iterator[Tensor]:
        starts = torch.arange(0, self.length, self.spec.truncate).repeat(self.spec.epochs)
        return iter(starts[after:])

    def forward(self, index: Tensor, step: int) -> Forward:
        start = int(index)
        if start == 0:
            self.memory = None
        x, y = (rows[:, start : start + self.spec.truncate] for rows in (self.inputs, self.targets))
        logits, memory = self.model(x, self.memory)
        self.memory = detached(memory)
        return Forward(x, logits.flatten(0, 1), y.flatten())

    def evaluate(self) -> Iterator[int | Evaluation]:
        return score_text(self.model, self.test)

    @property
    def carried(self) -> Mapping[str, Tensor]:
        if self.memory is None:
            return {}
        states = self.memory if isinstance(self.memory, tuple) else (self.memory,)
        return dict(zip(("hidden", "cell"), states, strict=False))

    def carry(self, carried: Mapping[str, Tensor]) -> None:
        states = [carried[name].to(self.inputs.device) for name in ("hidden", "cell") if name in carried]
        self.memory = None if not states else states[0] if len(states) == 1 else (states[0], states[1])


Lesson = Sequences | Streams
"""All that the loop knows of its data: batches of indices, a forward pass over one, an evaluation, what is carried."""


def lesson(
    model: AnyModel, data: AnyData, spec: TrainSpec, device: torch.device, augment: Augmentation | None
) -> Lesson:
    """The lesson for this kind of network and data.

    Raises:
        InputError: they do not fit.
    """
    if isinstance(model, CharLanguageModel) and isinstance(data, TextData):
        return Streams(model, data, spec, device)
    if isinstance(model, CharLanguageModel) or isinstance(data, TextData):
        raise InputError(f"A {type(model).__name__} cannot learn from {data.name}: texts are for character models.")
    model.check(data.train.sequences[:1])
    return Sequences(model, data, spec, device, augment)


def mixed(seed: int, step: int) -> int:
    """A seed of its own for every step."""
    return (seed * 1_000_003 + step) % (2**63)
