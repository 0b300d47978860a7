"""One example that a network reads: a digit row by row, or a text word by word."""

from dataclasses import dataclass
from typing import ClassVar

from jaxtyping import Float, Int
from torch import Tensor

from seqviz.data.drawing import EXAMPLE
from seqviz.data.vocabulary import visible
from seqviz.data.words import WordVocabulary
from seqviz.errors import InputError
from seqviz.specs import ModelSpec


@dataclass(frozen=True)
class Digit:
    """One digit to read: its image `(time, features)`, its class if that is known, and where it came from."""

    image: Float[Tensor, "time features"]
    label: int | None = None
    data: str = "digits"
    index: int | None = None
    strokes: str = ""

    noun: ClassVar[str] = "digit"
    step_name: ClassVar[str] = "row"
    classes: ClassVar[tuple[str, ...]] = tuple(map(str, range(10)))

    def __len__(self) -> int:
        return len(self.image)

    @property
    def key(self) -> tuple[str, int | None, str]:
        """What tells it from every other example."""
        return self.data, self.index, self.strokes

    @property
    def title(self) -> str:
        if self.index is None:
            return "an example drawing" if self.strokes == EXAMPLE else "your drawing"
        return f"example {self.index} ({'an' if self.label == 8 else 'a'} {self.label})"

    def step(self, step: int) -> str:
        """One of its steps, as a sentence names it."""
        return f"row {step + 1}"

    def inputs(self, spec: ModelSpec) -> Float[Tensor, "time features"]:
        """What a network of this spec reads."""
        return self.image


@dataclass(frozen=True)
class Sentence:
    """One text to read: its words, and its class if that is known, of the `classes` of the texts that it belongs to.

    >>> Sentence(("not", "good"), 0, "planted", ("negative", "positive"), 7).title
    'text 7 (negative)'
    """

    words: tuple[str, ...]
    label: int | None
    data: str
    classes: tuple[str, ...]
    index: int | None = None

    noun: ClassVar[str] = "text"
    step_name: ClassVar[str] = "word"

    def __len__(self) -> int:
        return len(self.words)

    @property
    def key(self) -> tuple[str, int | None, str]:
        """What tells it from every other example."""
        return self.data, self.index, "" if self.index is not None else " ".join(self.words)

    @property
    def title(self) -> str:
        if self.index is None:
            return "your words"
        return f"text {self.index}" + (f" ({self.classes[self.label]})" if self.label is not None else "")

    def step(self, step: int) -> str:
        """One of its steps, as a sentence names it."""
        return f"word {step + 1}, “{visible(self.words[step])}”"

    def inputs(self, spec: ModelSpec) -> Int[Tensor, " time"]:
        """Its words as tokens of the network's vocabulary.

        Raises:
            InputError: the network does not read words.
        """
        if spec.words is None:
            raise InputError("This network does not read words; choose one that has learned from texts.")
        return WordVocabulary(spec.words).encode(self.words)


Example = Digit | Sentence
