"""What is asked of a network and of its training: frozen, validated, and written to and from plain dicts."""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self, get_args

from seqviz.errors import SpecError

Cell = Literal["rnn", "gru", "lstm"]
Head = Literal["last", "concat", "mean", "max", "attention"]
Nonlinearity = Literal["tanh", "relu"]
Schedule = Literal["constant", "one-cycle"]
Optimizer = Literal["adam", "adamw", "sgd"]
Device = Literal["auto", "cpu", "cuda", "mps"]

CELLS: tuple[Cell, ...] = get_args(Cell)
HEADS: tuple[Head, ...] = get_args(Head)
NONLINEARITIES: tuple[Nonlinearity, ...] = get_args(Nonlinearity)
SCHEDULES: tuple[Schedule, ...] = get_args(Schedule)
CHARACTERS = 512
"""Distinct characters that a language model may know."""

GATES: dict[Cell, tuple[str, ...]] = {
    "rnn": (),
    "gru": ("reset", "update", "new"),
    "lstm": ("input", "forget", "candidate", "output"),
}
"""Gate names in the order in which PyTorch stacks them in `weight_ih` and `weight_hh`."""

SIGNALS: dict[Cell, tuple[str, ...]] = {
    "rnn": ("preactivation", "hidden"),
    "gru": ("reset", "update", "new", "hidden"),
    "lstm": ("input", "forget", "candidate", "output", "cell", "hidden"),
}
"""Everything that a cell computes in one step, in the order of computation."""


class _Spec(ABC):
    """Shared by all specs: plain dicts in and out, and validation that names every problem at once."""

    @abstractmethod
    def problems(self) -> list[str]:
        """One sentence for each thing that cannot work."""

    def __post_init__(self) -> None:
        if problems := self.problems():
            raise SpecError(problems)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)  # type: ignore[call-overload]

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        known = {field.name for field in fields(cls)}  # type: ignore[arg-type]
        if unknown := sorted(set(values) - known):
            raise SpecError([f"{cls.__name__} has no field {', '.join(unknown)}; it has {', '.join(sorted(known))}"])
        return cls(**values)


@dataclass(frozen=True)
class ModelSpec(_Spec):
    """A recurrent classifier: `num_layers` of one cell, and one linear layer that reads them.

    With `num_classes=1` it answers with a real number.

    `head` says what the linear layer reads of the last layer's hidden states: the one after the last row ("last"), all
    of them side by side ("concat"), their mean or maximum over time, or their mean weighted by attention (the softmax
    over time of each state's product with one learned query).

    >>> ModelSpec(cell="gru", hidden_size=128).features
    128
    >>> ModelSpec(cell="gru", hidden_size=0, dropout=2.0)
    Traceback (most recent call last):
    seqviz.errors.SpecError: hidden_size is 0, it must be a whole number from 1 to 2048; dropout is 2.0, it must be \
at least 0 and below 1
    """

    cell: Cell = "lstm"
    input_size: int = 28
    hidden_size: int = 64
    num_layers: int = 1
    bidirectional: bool = False
    head: Head = "last"
    nonlinearity: Nonlinearity = "tanh"
    dropout: float = 0.0
    sequence_length: int = 28
    num_classes: int = 10

    @property
    def directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def features(self) -> int:
        """Inputs of the linear layer."""
        steps = self.sequence_length if self.head == "concat" else 1
        return steps * self.directions * self.hidden_size

    def problems(self) -> list[str]:
        found = [
            *_not_one_of(self, "cell", CELLS),
            *_not_one_of(self, "head", HEADS),
            *_not_one_of(self, "nonlinearity", NONLINEARITIES),
            *_not_one_of(self, "bidirectional", (False, True)),
            *_not_whole(self, "input_size", 1, 4096),
            *_not_whole(self, "hidden_size", 1, 2048),
            *_not_whole(self, "num_layers", 1, 8),
            *_not_whole(self, "sequence_length", 1, 4096),
            *_not_whole(self, "num_classes", 1, 65536),
            *_not_between(self, "dropout", 0.0, 1.0),
        ]
        if self.nonlinearity == "relu" and self.cell in ("gru", "lstm"):
            found.append(
                f"nonlinearity is relu, but a {self.cell} is always tanh; choose cell rnn or nonlinearity tanh"
            )
        if not found:
            found += _dropout_between_layers(self.dropout, self.num_layers)
        return found


@dataclass(frozen=True)
class LanguageModelSpec(_Spec):
    """A character model: an embedding, `num_layers` of one cell, and a linear layer with one logit a character.

    `vocabulary` holds every character that it knows, each once. With `tied` weights the linear layer's matrix is the
    embedding's (Press and Wolf 2017, arXiv 1608.05859), so both must have the same width.

    >>> LanguageModelSpec(vocabulary="abc", hidden_size=8, tied=True)
    Traceback (most recent call last):
    seqviz.errors.SpecError: embedding_size is 64 and hidden_size is 8, but tied weights need both to be the same
    """

    vocabulary: str
    cell: Cell = "gru"
    embedding_size: int = 64
    hidden_size: int = 256
    num_layers: int = 1
    dropout: float = 0.0
    tied: bool = False

    def problems(self) -> list[str]:
        found = [
            *_not_one_of(self, "cell", CELLS),
            *_not_one_of(self, "tied", (False, True)),
            *_not_whole(self, "embedding_size", 1, 2048),
            *_not_whole(self, "hidden_size", 1, 2048),
            *_not_whole(self, "num_layers", 1, 8),
            *_not_between(self, "dropout", 0.0, 1.0),
        ]
        distinct = len(set(self.vocabulary)) if isinstance(self.vocabulary, str) else 0
        if not distinct or distinct != len(self.vocabulary) or distinct > CHARACTERS:
            found.append(
                f"vocabulary is {str(self.vocabulary)[:20]!r} …, it must be 1 to {CHARACTERS} distinct characters"
            )
        if not found and self.tied and self.embedding_size != self.hidden_size:
            found.append(
                f"embedding_size is {self.embedding_size} and hidden_size is {self.hidden_size}, "
                "but tied weights need both to be the same"
            )
        if not found:
            found += _dropout_between_layers(self.dropout, self.num_layers)
        return found


@dataclass(frozen=True)
class TrainSpec(_Spec):
    """How a network is trained: Adam, AdamW, or SGD without momentum, over shuffled batches of sequences.

    A text is not shuffled: `batch_size` streams of it are read side by side, `truncate` characters a step, and the
    gradient goes back no further (truncated backpropagation through time).

    `clip` bounds the norm of the whole gradient (None: no clipping). The test split is scored every `eval_every` steps
    (0: every epoch) and at the end; snapshots are taken then, and every `snapshot_every` steps (0: only then).
    """

    epochs: int = 1
    batch_size: int = 64
    learning_rate: float = 1e-3
    schedule: Schedule = "constant"
    clip: float | None = 1.0
    seed: int = 0
    device: Device = "auto"
    eval_every: int = 0
    snapshot_every: int = 0
    optimizer: Optimizer = "adam"
    truncate: int = 64

    def problems(self) -> list[str]:
        found = [
            *_not_whole(self, "epochs", 1, 1000),
            *_not_whole(self, "batch_size", 1, 4096),
            *_not_between(self, "learning_rate", 0.0, 100.0, open_below=True),
            *_not_one_of(self, "schedule", SCHEDULES),
            *_not_whole(self, "seed", 0, 2**31 - 1),
            *_not_one_of(self, "device", get_args(Device)),
            *_not_one_of(self, "optimizer", get_args(Optimizer)),
            *_not_whole(self, "eval_every", 0, 10**9),
            *_not_whole(self, "snapshot_every", 0, 10**9),
            *_not_whole(self, "truncate", 1, 4096),
        ]
        if self.clip is not None:
            found += _not_between(self, "clip", 0.0, math.inf, open_below=True)
        return found


def _dropout_between_layers(dropout: float, layers: int) -> list[str]:
    if dropout == 0 or layers > 1:
        return []
    return [f"dropout is {dropout}, but it acts between layers and there is one; set num_layers to 2 or more"]


def _not_one_of(spec: object, name: str, allowed: tuple[object, ...]) -> list[str]:
    value = getattr(spec, name)
    if any(value is choice or (isinstance(value, str) and value == choice) for choice in allowed):
        return []
    return [f"{name} is {value!r}, it must be one of {', '.join(map(str, allowed))}"]


def _not_whole(spec: object, name: str, low: int, high: int) -> list[str]:
    value = getattr(spec, name)
    if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
        return []
    return [f"{name} is {value!r}, it must be a whole number from {low} to {high}"]


def _not_between(spec: object, name: str, low: float, high: float, *, open_below: bool = False) -> list[str]:
    value = getattr(spec, name)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and value < high and (value > low if open_below else value >= low):
        return []
    above = "above" if open_below else "at least"
    return [f"{name} is {value!r}, it must be {above} {low:g} and below {high:g}"]
