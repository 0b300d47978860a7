"""What is asked of a network and of its training: frozen, validated, and written to and from plain dicts."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, Self, get_args

from seqviz.errors import SpecError

Cell = Literal["rnn", "gru", "lstm"]
HeadKind = Literal["last", "concat", "mean", "max", "attention", "each_step"]
Attention = Literal["none", "dot", "additive"]
Nonlinearity = Literal["tanh", "relu"]
Schedule = Literal["constant", "one-cycle"]
Optimizer = Literal["adam", "adamw", "sgd"]
Device = Literal["auto", "cpu", "cuda", "mps"]
Scaling = Literal["level", "change"]
ObjectiveName = str
"""What a network is trained for: a key of `networks.objectives.OBJECTIVES`."""

CELLS: tuple[Cell, ...] = get_args(Cell)
HEADS: tuple[HeadKind, ...] = get_args(HeadKind)
ATTENTIONS: tuple[Attention, ...] = get_args(Attention)
CLASSIFIER_HEADS = HEADS[:-1]
"""Heads that give one answer for a whole sequence."""
TEXT_HEADS: tuple[HeadKind, ...] = ("last", "mean", "max", "attention")
"""Those of them that answer sequences of any length."""
NONLINEARITIES: tuple[Nonlinearity, ...] = get_args(Nonlinearity)
SCALINGS: tuple[Scaling, ...] = get_args(Scaling)
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""The quantiles that a forecast may have: the median, and the borders of intervals of 50 and 90 %."""
SCHEDULES: tuple[Schedule, ...] = get_args(Schedule)
TOKENS = 65536
"""The largest vocabulary, and the most outputs of a head."""

GATES: dict[Cell, tuple[str, ...]] = {
    "rnn": (),
    "gru": ("reset", "update", "new"),
    "lstm": ("input", "forget", "candidate", "output"),
}
"""Gate names in the order in which PyTorch stacks them in `weight_ih` and `weight_hh`."""

MEMORY_GATES: dict[Cell, str] = {"gru": "update", "lstm": "forget"}
"""The gate whose value near 1 keeps the memory; a plain RNN has none."""

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
        return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})


@dataclass(frozen=True)
class DenseInput(_Spec):
    """Real numbers: `size` features at every time step."""

    size: int = 28
    kind: Literal["dense"] = "dense"

    def problems(self) -> list[str]:
        return [*_not_one_of(self, "kind", ("dense",)), *_not_whole(self, "size", 1, 4096)]


@dataclass(frozen=True)
class EmbeddingInput(_Spec):
    """Tokens: each token of `vocabulary` has a learned vector of `size` numbers.

    A token is a place in the vocabulary, which is a text with one character a token, or a tuple of words.
    """

    vocabulary: str | tuple[str, ...]
    size: int = 64
    kind: Literal["embedding"] = "embedding"

    def problems(self) -> list[str]:
        problems = [*_not_one_of(self, "kind", ("embedding",)), *_not_whole(self, "size", 1, 2048)]
        tokens = self.vocabulary
        strings = isinstance(tokens, str | tuple) and all(isinstance(token, str) for token in tokens)
        if not strings or not 1 <= len(set(tokens)) == len(tokens) <= TOKENS:
            problems.append(f"vocabulary is {str(tokens)[:20]!r} …, it must be 1 to {TOKENS:,} distinct tokens")
        return problems


@dataclass(frozen=True)
class WindowInput(_Spec):
    """The last `window` values of a series, `size` numbers at each step, of which the first is forecast.

    They are scaled; with "change" each window is read from its last value on, of a recursive network from its first
    (`data.windows.Windows`).
    """

    window: int = 64
    size: int = 1
    scaling: Scaling = "change"
    kind: Literal["window"] = "window"

    def problems(self) -> list[str]:
        return [
            *_not_one_of(self, "kind", ("window",)),
            *_not_whole(self, "window", 2, 4096),
            *_not_whole(self, "size", 1, 64),
            *_not_one_of(self, "scaling", SCALINGS),
        ]


InputSpec = DenseInput | EmbeddingInput | WindowInput


@dataclass(frozen=True)
class RecurrentSpec(_Spec):
    """`num_layers` of one cell with `hidden_size` units each; dropout acts between layers.

    A bidirectional network has two of each layer, one of which reads from the last step to the first.
    """

    cell: Cell = "lstm"
    hidden_size: int = 64
    num_layers: int = 1
    bidirectional: bool = False
    nonlinearity: Nonlinearity = "tanh"
    dropout: float = 0.0

    @property
    def directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def outputs(self) -> int:
        """Numbers that the last layer gives at each step: the hidden states of all directions."""
        return self.directions * self.hidden_size

    def problems(self) -> list[str]:
        problems = [
            *_not_one_of(self, "cell", CELLS),
            *_not_one_of(self, "nonlinearity", NONLINEARITIES),
            *_not_one_of(self, "bidirectional", (False, True)),
            *_not_whole(self, "hidden_size", 1, 2048),
            *_not_whole(self, "num_layers", 1, 8),
            *_not_between(self, "dropout", 0.0, 1.0),
        ]
        if self.nonlinearity == "relu" and self.cell in ("gru", "lstm"):
            problems.append(
                f"nonlinearity is relu, but a {self.cell} is always tanh; choose cell rnn or nonlinearity tanh"
            )
        if not problems and self.dropout and self.num_layers == 1:
            problems.append(
                f"dropout is {self.dropout}, but it acts between layers and there is one; set num_layers to 2 or more"
            )
        return problems


@dataclass(frozen=True)
class HeadSpec(_Spec):
    """One linear layer with `outputs` numbers; `kind` says what it reads of the last layer's hidden states.

    - "last": the state after the last step (of each direction),
    - "concat": the states of all steps side by side, for sequences of exactly `sequence_length` steps,
    - "mean", "max": their mean or maximum over time,
    - "attention": their mean weighted by attention, the softmax over time of each state's product with one query,
    - "each_step": every step's state, with an answer at every step. With `tied` weights the matrix is the embedding's
      (Press and Wolf 2017, arXiv 1608.05859).

    One that gives `quantiles` has `QUANTILES` for each number that it forecasts, those of one number side by side.
    """

    kind: HeadKind = "last"
    outputs: int = 10
    sequence_length: int | None = None
    tied: bool = False
    quantiles: bool = False

    def problems(self) -> list[str]:
        problems = [
            *_not_one_of(self, "kind", HEADS),
            *_not_one_of(self, "tied", (False, True)),
            *_not_one_of(self, "quantiles", (False, True)),
            *_not_whole(self, "outputs", 1, TOKENS),
        ]
        if not problems and self.quantiles and self.outputs % len(QUANTILES):
            problems.append(f"outputs is {self.outputs}, it must be a multiple of {len(QUANTILES)} with quantiles")
        if self.kind == "concat":
            problems += _not_whole(self, "sequence_length", 1, 4096)
        elif self.sequence_length is not None:
            problems.append(f"sequence_length is {self.sequence_length}, but only a concat head has one; leave it out")
        if self.tied and self.kind != "each_step":
            problems.append(f"tied weights are for a head that answers at each step; this one is {self.kind}")
        return problems


@dataclass(frozen=True)
class ModelSpec(_Spec):
    """A sequence network in parts: what it reads, the recurrent layers, and what answers.

    >>> spec = ModelSpec(DenseInput(28), RecurrentSpec("gru", hidden_size=128), HeadSpec("mean"))
    >>> spec == ModelSpec.classifier("gru", 128, head="mean")
    True
    >>> ModelSpec.classifier("gru", hidden_size=0, dropout=2.0)
    Traceback (most recent call last):
    seqviz.errors.SpecError: hidden_size is 0, it must be a whole number from 1 to 2048; dropout is 2.0, it must be \
at least 0 and below 1
    """

    input: InputSpec = field(default_factory=DenseInput)
    encoder: RecurrentSpec = field(default_factory=RecurrentSpec)
    head: HeadSpec = field(default_factory=HeadSpec)

    @classmethod
    def classifier(
        cls,
        cell: Cell = "lstm",
        hidden_size: int = 64,
        *,
        num_layers: int = 1,
        bidirectional: bool = False,
        nonlinearity: Nonlinearity = "tanh",
        dropout: float = 0.0,
        head: HeadKind = "last",
        input_size: int = 28,
        sequence_length: int = 28,
        num_classes: int = 10,
    ) -> Self:
        """One answer for a whole sequence of numbers: digits in ten classes, read in 28 rows of 28, by default.

        Only a concat head depends on `sequence_length`; with `num_classes=1` the answer is a real number.
        """
        return cls._of_parts(
            lambda: DenseInput(input_size),
            lambda: RecurrentSpec(cell, hidden_size, num_layers, bidirectional, nonlinearity, dropout),
            lambda: HeadSpec(head, num_classes, sequence_length if head == "concat" else None),
        )

    @classmethod
    def language_model(
        cls,
        vocabulary: str | tuple[str, ...],
        cell: Cell = "gru",
        hidden_size: int = 256,
        *,
        embedding_size: int = 64,
        num_layers: int = 1,
        dropout: float = 0.0,
        tied: bool = False,
    ) -> Self:
        """After every token, a logit for each token of the vocabulary that may come next.

        >>> ModelSpec.language_model("abc", hidden_size=8, tied=True)
        Traceback (most recent call last):
        seqviz.errors.SpecError: embedding_size is 64 and hidden_size is 8, but tied weights need both to be the same
        """
        return cls._of_parts(
            lambda: EmbeddingInput(vocabulary, embedding_size),
            lambda: RecurrentSpec(cell, hidden_size, num_layers, dropout=dropout),
            lambda: HeadSpec("each_step", max(1, len(vocabulary)), tied=tied),
        )

    @classmethod
    def text_classifier(
        cls,
        vocabulary: tuple[str, ...],
        cell: Cell = "lstm",
        hidden_size: int = 48,
        *,
        embedding_size: int = 32,
        num_layers: int = 1,
        bidirectional: bool = True,
        dropout: float = 0.0,
        head: HeadKind = "last",
        num_classes: int = 2,
    ) -> Self:
        """One answer for a whole text in words; of two classes one logit, that of the second.

        >>> ModelSpec.text_classifier(("<pad>", "<unk>", "good"), "gru", 8).head.outputs
        1
        """
        return cls._of_parts(
            lambda: EmbeddingInput(vocabulary, embedding_size),
            lambda: RecurrentSpec(cell, hidden_size, num_layers, bidirectional, dropout=dropout),
            lambda: HeadSpec(head, 1 if num_classes == 2 else num_classes),
        )

    @classmethod
    def forecaster(
        cls,
        cell: Cell = "gru",
        hidden_size: int = 32,
        *,
        window: int = 64,
        horizon: int = 16,
        columns: int = 1,
        scaling: Scaling = "change",
        recursive: bool = False,
        quantiles: bool = True,
        num_layers: int = 1,
    ) -> Self:
        """The next values of a series: `horizon` of them at once, or the next one after each step, to be fed back.

        >>> direct, recursive = (ModelSpec.forecaster(horizon=8, recursive=one) for one in (False, True))
        >>> direct.head.outputs, direct.horizon, recursive.head.outputs, recursive.recursive
        (40, 8, 5, True)
        """
        numbers = len(QUANTILES) if quantiles else 1
        kind: HeadKind = "each_step" if recursive else "last"
        return cls._of_parts(
            lambda: WindowInput(window, columns, scaling),
            lambda: RecurrentSpec(cell, hidden_size, num_layers),
            lambda: HeadSpec(kind, numbers if recursive else horizon * numbers, quantiles=quantiles),
        )

    @property
    def cell(self) -> Cell:
        return self.encoder.cell

    @property
    def forecasts(self) -> bool:
        """Whether it reads windows of a series."""
        return isinstance(self.input, WindowInput)

    @property
    def recursive(self) -> bool:
        """Whether it forecasts one value after each step, and further ones by reading its own."""
        return self.forecasts and self.head.kind == "each_step"

    @property
    def horizon(self) -> int:
        """Values that it forecasts at once."""
        return self.head.outputs // (len(QUANTILES) if self.head.quantiles else 1)

    @property
    def features(self) -> int:
        """Numbers that the head's linear layer reads."""
        return self.encoder.outputs * (self.head.sequence_length or 1)

    @property
    def characters(self) -> str | None:
        """The vocabulary of a network that reads characters."""
        if isinstance(self.input, EmbeddingInput) and isinstance(self.input.vocabulary, str):
            return self.input.vocabulary
        return None

    @property
    def words(self) -> tuple[str, ...] | None:
        """The vocabulary of a network that reads words."""
        if isinstance(self.input, EmbeddingInput) and isinstance(self.input.vocabulary, tuple):
            return self.input.vocabulary
        return None

    def problems(self) -> list[str]:
        if not self.head.tied:
            return []
        if not isinstance(self.input, EmbeddingInput) or len(self.input.vocabulary) != self.head.outputs:
            return [f"tied weights need an embedding with a token for each of the {self.head.outputs} outputs"]
        if self.input.size != self.encoder.outputs:
            return [
                f"embedding_size is {self.input.size} and hidden_size is {self.encoder.outputs}, "
                "but tied weights need both to be the same"
            ]
        return []

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        parts = dict(values)
        kind = parts["input"].get("kind") if isinstance(parts.get("input"), Mapping) else None
        if kind not in _INPUTS:
            raise SpecError([f"the input's kind is {kind!r}, it must be one of {', '.join(_INPUTS)}"])
        if unknown := sorted(set(parts) - {"input", "encoder", "head"}):
            raise SpecError([f"ModelSpec has no field {', '.join(unknown)}; it has encoder, head, input"])
        return cls._of_parts(
            lambda: _INPUTS[kind].from_dict(parts["input"]),
            lambda: RecurrentSpec.from_dict(parts.get("encoder", {})),
            lambda: HeadSpec.from_dict(parts.get("head", {})),
        )

    @classmethod
    def _of_parts(cls, *parts: Callable[[], _Spec]) -> Self:
        """All parts together, or every problem of every part."""
        built: list[Any] = []
        problems: list[str] = []
        for part in parts:
            try:
                built.append(part())
            except SpecError as error:
                problems += error.problems
        if problems:
            raise SpecError(problems)
        return cls(*built)

    @property
    def writes(self) -> bool:
        """Whether it is a character model: after each character, a logit for each one that may come next."""
        return (
            self.characters is not None
            and self.head.kind == "each_step"
            and (self.head.outputs == len(self.characters) and not self.encoder.bidirectional)
        )


@dataclass(frozen=True)
class PictureInput(_Spec):
    """A picture of `size` × `size` grey pixels, which three convolutions turn into a grid of features."""

    size: int = 48
    channels: int = 64
    kind: Literal["picture"] = "picture"

    @property
    def grid(self) -> int:
        """Places of the grid along each side: each convolution halves them."""
        return self.size // 8

    def problems(self) -> list[str]:
        problems = [
            *_not_one_of(self, "kind", ("picture",)),
            *_not_whole(self, "size", 8, 256),
            *_not_whole(self, "channels", 4, 512),
        ]
        if not problems and self.size % 8:
            problems.append(f"size is {self.size}, it must be a multiple of 8, since three convolutions halve it")
        return problems


@dataclass(frozen=True)
class DecoderSpec(_Spec):
    """Recurrent layers that write the tokens of `vocabulary`, one after another, until they write the first: the end.

    With attention each answer is also drawn from a weighted mean of what was read: `dot` weighs by scaled products
    (Luong et al. 2015, arXiv 1508.04025), `additive` by a small network (Bahdanau et al. 2015, arXiv 1409.0473).
    """

    vocabulary: str | tuple[str, ...]
    cell: Cell = "gru"
    hidden_size: int = 128
    num_layers: int = 1
    embedding_size: int = 64
    attention: Attention = "dot"

    @property
    def layers(self) -> RecurrentSpec:
        """The recurrent layers alone."""
        return RecurrentSpec(self.cell, self.hidden_size, self.num_layers)

    def problems(self) -> list[str]:
        problems = [
            *_not_one_of(self, "cell", CELLS),
            *_not_whole(self, "hidden_size", 1, 2048),
            *_not_whole(self, "num_layers", 1, 8),
            *_not_one_of(self, "attention", ATTENTIONS),
        ]
        try:
            EmbeddingInput(self.vocabulary, self.embedding_size)
        except SpecError as error:
            problems += error.problems
        return problems


@dataclass(frozen=True)
class EncoderDecoderSpec(_Spec):
    """One sequence into another: recurrent layers read tokens, or convolutions a picture, and a decoder writes.

    >>> spec = EncoderDecoderSpec.translator("\\nab", ("<end>", "one", "two"), hidden_size=16)
    >>> spec.encoder.bidirectional, spec.read_features, EncoderDecoderSpec.from_dict(spec.to_dict()) == spec
    (True, 16, True)
    """

    input: EmbeddingInput | PictureInput
    decoder: DecoderSpec
    encoder: RecurrentSpec | None = None

    @classmethod
    def translator(
        cls,
        source: str | tuple[str, ...],
        target: str | tuple[str, ...],
        cell: Cell = "gru",
        hidden_size: int = 128,
        *,
        attention: Attention = "dot",
        embedding_size: int = 64,
        num_layers: int = 1,
    ) -> Self:
        """Both directions of the encoder together have as many units as the decoder."""
        encoder = RecurrentSpec(cell, max(1, hidden_size // 2), num_layers, bidirectional=True)
        decoder = DecoderSpec(target, cell, hidden_size, num_layers, embedding_size, attention)
        return cls(EmbeddingInput(source, embedding_size), decoder, encoder)

    @classmethod
    def captioner(
        cls,
        target: str | tuple[str, ...],
        cell: Cell = "gru",
        hidden_size: int = 128,
        *,
        attention: Attention = "dot",
        size: int = 48,
        channels: int = 64,
        embedding_size: int = 32,
    ) -> Self:
        """A picture is spelled out."""
        decoder = DecoderSpec(target, cell, hidden_size, 1, embedding_size, attention)
        return cls(PictureInput(size, channels), decoder)

    @property
    def cell(self) -> Cell:
        return self.decoder.cell

    @property
    def read_features(self) -> int:
        """Numbers at each place of what was read: a step's hidden states, or a place of the grid."""
        if self.encoder is not None:
            return self.encoder.outputs
        assert isinstance(self.input, PictureInput)
        return self.input.channels

    def problems(self) -> list[str]:
        if isinstance(self.input, PictureInput) == (self.encoder is not None):
            return ["recurrent layers read tokens, convolutions a picture; give an encoder to tokens alone"]
        return []

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        parts = dict(values)
        if unknown := sorted(set(parts) - {"input", "encoder", "decoder"}):
            raise SpecError([f"EncoderDecoderSpec has no field {', '.join(unknown)}; it has decoder, encoder, input"])
        picture = isinstance(parts.get("input"), Mapping) and parts["input"].get("kind") == "picture"
        kind: type[PictureInput | EmbeddingInput] = PictureInput if picture else EmbeddingInput
        encoder = parts.get("encoder")
        return cls(
            kind.from_dict(parts["input"]),
            DecoderSpec.from_dict(parts["decoder"]),
            None if encoder is None else RecurrentSpec.from_dict(encoder),
        )


_INPUTS: dict[str, type[_Spec]] = {"dense": DenseInput, "embedding": EmbeddingInput, "window": WindowInput}


@dataclass(frozen=True)
class BaselineSpec(_Spec):
    """A network without a memory, to hold the recurrent ones against (`networks/baselines.py`)."""

    kind: Literal["cnn", "bag"]
    hidden_size: int = 64
    input_size: int = 28
    num_classes: int = 10

    def problems(self) -> list[str]:
        return [
            *_not_one_of(self, "kind", ("cnn", "bag")),
            *_not_whole(self, "hidden_size", 4, 2048),
            *_not_whole(self, "input_size", 1, 4096),
            *_not_whole(self, "num_classes", 1, TOKENS),
        ]


LearnedSpec = ModelSpec | EncoderDecoderSpec
"""What a checkpoint may hold."""

NetworkSpec = LearnedSpec | BaselineSpec


def spec_from_dict(values: Mapping[str, Any]) -> LearnedSpec:
    """What `to_dict` of either wrote."""
    return EncoderDecoderSpec.from_dict(values) if "decoder" in values else ModelSpec.from_dict(values)


@dataclass(frozen=True)
class TrainSpec(_Spec):
    """How a network is trained: Adam, AdamW, or SGD without momentum, over shuffled batches of sequences.

    Sequences of different lengths are padded to the longest of their batch; with `bucket_by_length` a batch holds
    sequences of similar length. With `word_dropout` each word is read as an unknown one in that share of its
    appearances, so that no single one is relied on (Iyyer et al. 2015).

    AdamW takes `weight_decay` times the learning rate of every weight away at each step, apart from the gradient
    (Loshchilov and Hutter 2019, arXiv 1711.05101); the other optimizers take none.

    A text is not shuffled: `batch_size` streams of it are read side by side, `truncate` characters a step, and the
    gradient goes back no further (truncated backpropagation through time).

    `clip` bounds the norm of the whole gradient (None: no clipping). The test split is scored every `eval_every` steps
    (0: every epoch) and at the end; snapshots are taken then, and every `snapshot_every` steps (0: only then). With
    `patience`, the run ends once its loss there has not fallen for so many times in a row. The last weights stay, not
    the best; and what is held out has had a say in the training, so that its scores are a little too good.

    A decoder reads the right answers while it learns (teacher forcing). Below 1, the share of them falls from all to
    `teacher_forcing` over the run, evenly; in the place of the others it reads its own (scheduled sampling, Bengio et
    al. 2015, arXiv 1506.03099).
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
    bucket_by_length: bool = False
    word_dropout: float = 0.0
    weight_decay: float = 0.01
    patience: int = 0
    teacher_forcing: float = 1.0

    def problems(self) -> list[str]:
        problems = [
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
            *_not_one_of(self, "bucket_by_length", (False, True)),
            *_not_between(self, "word_dropout", 0.0, 1.0),
            *_not_between(self, "weight_decay", 0.0, 100.0),
            *_not_whole(self, "patience", 0, 1000),
            *_not_between(self, "teacher_forcing", 0.0, 1.0 + 1e-9),
        ]
        if self.clip is not None:
            problems += _not_between(self, "clip", 0.0, math.inf, open_below=True)
        return problems


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
