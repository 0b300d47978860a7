"""What pages look at, and what their programs are about: a trained network, a digit, a question, a setting."""

from dataclasses import dataclass, field
from pathlib import Path

from torch import Tensor

from seqviz.data.drawing import EXAMPLE
from seqviz.instruments.attribution import Target
from seqviz.instruments.baselines import BaselineKind
from seqviz.networks.modifications import Modifications
from seqviz.networks.network import SequenceNetwork
from seqviz.specs import ModelSpec
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

    @property
    def spec(self) -> ModelSpec:
        return self.model.spec


@dataclass(frozen=True)
class Digit:
    """One digit to read: its image `(28, 28)`, its class if that is known, and where it came from."""

    image: Tensor
    label: int | None
    data: str
    index: int | None = None
    strokes: str = ""

    @property
    def key(self) -> tuple[str, int | None, str]:
        """What tells it from every other digit."""
        return self.data, self.index, self.strokes

    @property
    def title(self) -> str:
        if self.index is None:
            return "an example drawing" if self.strokes == EXAMPLE else "your drawing"
        return f"example {self.index} ({'an' if self.label == 8 else 'a'} {self.label})"


@dataclass(frozen=True)
class Question:
    """What is attributed to what: a network, a digit, a target and a baseline."""

    network: Network
    digit: Digit
    target: Target
    baseline: BaselineKind
    other: int

    @property
    def about(self) -> tuple[object, ...]:
        """What tells it from every other question."""
        return self.network.name, self.network.version, self.digit.key, self.target, self.baseline, self.other

    @property
    def label(self) -> int:
        """The class that is asked about."""
        return self.target if isinstance(self.target, int) else self.target[0]

    @property
    def score(self) -> str:
        """What is attributed."""
        if isinstance(self.target, int):
            return f"the score (logit) of {self.target}"
        return f"the score of {self.target[0]} minus the score of {self.target[1]}"

    @property
    def words(self) -> str:
        """The target, as in "why 3 and not 8"."""
        return f"{self.target}" if isinstance(self.target, int) else f"{self.target[0]} and not {self.target[1]}"


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
