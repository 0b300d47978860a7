"""A loss that counts padding as right answers: what it reports, and what it says of the words alone."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import torch

from seqviz.data.batch import Batch
from seqviz.data.datasets import Dataset, SequenceData
from seqviz.data.labelled_texts import LabelledTexts
from seqviz.experiments.directions import FORWARD, WRITERS_TRAINING, next_words, writers
from seqviz.experiments.race import interleaved
from seqviz.networks.build import build_model
from seqviz.networks.scoring import evaluate
from seqviz.specs import Cell, NetworkSpec, ObjectiveName, TrainSpec
from seqviz.training.events import EvalCompleted
from seqviz.training.loop import total_steps, train

MASKED, COUNTED = "masked", "counted"
SCORED = 10  # times that both networks are scored


@dataclass(frozen=True)
class PaddingLoss:
    """Held-out losses, in nats a target, by the number of steps trained; `total` steps are trained.

    `masked` is a network that learned from the words alone, scored on these. The other learned from every place of the
    padded batch, where behind a text's end `<pad>` is the right answer: `reported` is its loss over all places,
    `on_words` over the words alone. `padding` is the share of places that hold none.
    """

    masked: dict[int, float]
    reported: dict[int, float]
    on_words: dict[int, float]
    padding: float
    total: int


def count_padding(data: LabelledTexts, cell: Cell, seed: int = 0) -> Iterator[float | PaddingLoss]:
    """Train the same language model twice on the same batches, once with a mask over its loss and once without.

    Yields the share done and what is known.
    """
    masked = next_words(data)
    training = replace(WRITERS_TRAINING, seed=seed, bucket_by_length=False)  # as a beginner's loop has them
    total = total_steps(masked, training)
    training = replace(training, eval_every=max(1, total // SCORED))
    spec = writers(data, cell)[FORWARD]
    sets: dict[str, Dataset] = {MASKED: masked, COUNTED: WithoutLengths(masked)}
    models = {name: build_model(spec, seed) for name in sets}
    found = PaddingLoss({}, {}, {}, padding_share(masked.test_batches()), total)
    for name, event in interleaved({name: train(model, sets[name], training) for name, model in models.items()}):
        if not isinstance(event, EvalCompleted):
            continue
        step, loss = event.step, event.evaluation.loss
        if name == MASKED:
            found = replace(found, masked=found.masked | {step: loss})
        else:
            on_words = evaluate(models[COUNTED], masked).loss
            found = replace(found, reported=found.reported | {step: loss}, on_words=found.on_words | {step: on_words})
            yield found
            yield step / total


@dataclass(frozen=True)
class WithoutLengths:
    """The same batches for whoever forgets where the texts end: every place is asked for its token."""

    data: SequenceData

    @property
    def name(self) -> str:
        return f"{self.data.name}, padding counted"

    @property
    def objective(self) -> ObjectiveName:
        return self.data.objective

    def for_network(self, spec: NetworkSpec) -> "WithoutLengths":
        """The data itself."""
        return self

    def steps_per_epoch(self, training: TrainSpec) -> int:
        return self.data.steps_per_epoch(training)

    def training_batches(self, training: TrainSpec, device: torch.device, after: int = 0) -> Iterator[Batch]:
        """Padded to the longest of each, as ever."""
        return map(without_lengths, self.data.training_batches(training, device, after))

    def test_batches(self, device: torch.device | str = "cpu") -> Iterator[Batch]:
        """The same of the held-out texts."""
        return map(without_lengths, self.data.test_batches(device))


def without_lengths(batch: Batch) -> Batch:
    """The same padded tensors."""
    return Batch(batch.inputs, batch.targets[:, : batch.time])


def padding_share(batches: Iterable[Batch]) -> float:
    """The share of padded batches' places behind the end of a sequence."""
    words, places = 0, 0
    for batch in batches:
        assert batch.lengths is not None
        places += len(batch) * batch.time
        words += int(batch.lengths.sum())
    return 1 - words / places
