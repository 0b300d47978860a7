"""What pages look at, and what their programs are about: a trained network, a question, a setting."""

from dataclasses import dataclass, field
from pathlib import Path

from seqviz.data.examples import Example
from seqviz.data.series import Series
from seqviz.data.windows import Windows
from seqviz.errors import CheckpointError
from seqviz.instruments.attribution import Target
from seqviz.instruments.baselines import BaselineKind, WordBaselineKind
from seqviz.networks.encoder_decoder import EncoderDecoder
from seqviz.networks.modifications import Modifications
from seqviz.networks.network import SequenceNetwork
from seqviz.specs import EncoderDecoderSpec, ModelSpec
from seqviz.training.checkpoints import Checkpoint

PROJECT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Network:
    """A checkpoint by name, ready to be looked into; `version` changes when its file does."""

    name: str
    version: int
    path: Path
    checkpoint: Checkpoint
    model: SequenceNetwork

    @classmethod
    def of(cls, name: str, version: int, path: Path, checkpoint: Checkpoint) -> "Network":
        """The network of a checkpoint.

        Raises:
            CheckpointError: it reads one sequence and writes another.
        """
        model = checkpoint.build()
        if not isinstance(model, SequenceNetwork):
            raise CheckpointError(
                f"The network {name} reads one sequence and writes another; look at it on Translation."
            )
        return cls(name, version, path, checkpoint, model)

    @property
    def spec(self) -> ModelSpec:
        return self.model.spec


@dataclass(frozen=True)
class Translator:
    """A checkpoint of a network that reads one sequence and writes another, ready to be looked into."""

    name: str
    version: int
    path: Path
    checkpoint: Checkpoint
    model: EncoderDecoder

    @classmethod
    def of(cls, name: str, version: int, path: Path, checkpoint: Checkpoint) -> "Translator":
        """The network of a checkpoint.

        Raises:
            CheckpointError: it reads a sequence and writes none.
        """
        model = checkpoint.build()
        if not isinstance(model, EncoderDecoder):
            raise CheckpointError(f"The network {name} does not write another sequence; choose one that does.")
        return cls(name, version, path, checkpoint, model)

    @property
    def spec(self) -> EncoderDecoderSpec:
        return self.model.spec


@dataclass(frozen=True)
class Forecaster:
    """A checkpoint of a network that forecasts, and the series that it learned from as it reads it."""

    name: str
    version: int
    path: Path
    checkpoint: Checkpoint
    model: SequenceNetwork
    windows: Windows
    series_file: Path | None = None

    @classmethod
    def of(
        cls,
        name: str,
        version: int,
        path: Path,
        checkpoint: Checkpoint,
        windows: Windows,
        series_file: Path | None = None,
    ) -> "Forecaster":
        """The network of a checkpoint, with windows of the series that it learned from; `series_file` is a brought one.

        Raises:
            CheckpointError: it forecasts nothing.
            InputError: the series does not fit it.
        """
        model = checkpoint.build()
        if not isinstance(model, SequenceNetwork) or not model.spec.forecasts:
            raise CheckpointError(f"The network {name} does not forecast; choose one that does.")
        return cls(name, version, path, checkpoint, model, windows.for_network(model.spec), series_file)

    @property
    def spec(self) -> ModelSpec:
        return self.model.spec

    @property
    def series(self) -> Series:
        return self.windows.series


@dataclass(frozen=True)
class Question:
    """What is attributed to what: a network, an example, a target and a baseline."""

    network: Network
    example: Example
    target: Target
    baseline: BaselineKind | WordBaselineKind
    other: int

    @property
    def about(self) -> tuple[object, ...]:
        """What tells it from every other question."""
        return self.network.name, self.network.version, self.example.key, self.target, self.baseline, self.other

    @property
    def label(self) -> int:
        """The class that is asked about."""
        return self.target if isinstance(self.target, int) else self.target[0]

    @property
    def score(self) -> str:
        """What is attributed."""
        if isinstance(self.target, int):
            return f"the score (logit) of {self._name(self.target)}"
        first, second = map(self._name, self.target)
        return f"the score of {first} minus the score of {second}"

    @property
    def words(self) -> str:
        """The target, as in "why 3 and not 8"."""
        named = (self.target,) if isinstance(self.target, int) else self.target
        return " and not ".join(map(self._name, named))

    def _name(self, label: int) -> str:
        return self.example.classes[label]


@dataclass(frozen=True)
class GradientSetting:
    """Where the levers stand: `after` is the training step (None: the end), `blank` the rows appended."""

    levers: Modifications = field(default_factory=Modifications)
    after: int | None = None
    blank: int = 0
    truncate: int | None = None


@dataclass(frozen=True)
class WritingSetting:
    """How a text is written; `forced` are the characters put in by hand, by step."""

    prompt: str
    length: int
    temperature: float
    top_k: int | None
    top_p: float | None
    seed: int
    forced: tuple[tuple[int, str], ...] = ()
