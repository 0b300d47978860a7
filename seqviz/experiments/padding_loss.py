"""A loss that counts padding as right answers: what it reports, and what it says of the words alone."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from seqviz.data.batch import Batch
from seqviz.data.datasets import SequenceData
from seqviz.data.labelled_texts import LabelledTexts
from seqviz.experiments.directions import FORWARD, WRITERS_TRAINING, next_words, writers
from seqviz.experiments.race import interleaved
from seqviz.networks.build import build_model
from seqviz.networks.scoring import evaluate
from seqviz.specs import Cell
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
    counted = replace(masked, train=without_lengths(masked.train), test=without_lengths(masked.test))
    training = replace(WRITERS_TRAINING, seed=seed, bucket_by_length=False)  # by length the batches would differ
    total = total_steps(masked, training)
    training = replace(training, eval_every=max(1, total // SCORED))
    spec = writers(data, cell)[FORWARD]
    sets: dict[str, SequenceData] = {MASKED: masked, COUNTED: counted}
    models = {name: build_model(spec, seed) for name in sets}
    found = PaddingLoss({}, {}, {}, padding_share(masked.test), total)
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


def without_lengths(batch: Batch) -> Batch:
    """The same padded tensors for whoever forgets where the texts end: every place is asked for its token."""
    return Batch(batch.inputs, batch.targets)


def padding_share(batch: Batch) -> float:
    """The share of a padded batch's places behind the end of a sequence."""
    return 0.0 if batch.lengths is None else 1 - int(batch.lengths.sum()) / (len(batch) * batch.time)
