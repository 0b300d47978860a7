"""One direction or two: what a second reader of a text gives, and where it must not be."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from seqviz.data.batch import Batch
from seqviz.data.datasets import SequenceData
from seqviz.data.labelled_texts import LabelledTexts, Words
from seqviz.experiments.race import interleaved
from seqviz.networks.build import build_model, matching_parameters, parameter_counts
from seqviz.networks.scoring import evaluate
from seqviz.specs import Cell, EmbeddingInput, HeadSpec, ModelSpec, RecurrentSpec, TrainSpec
from seqviz.training.events import EvalCompleted
from seqviz.training.loop import total_steps, train
from seqviz.training.recipes import words_recipe

FORWARD, BOTH = "forward", "bidirectional"
WRITER_UNITS = 32
SCORED = 12  # times that the language models are scored


def comparison(
    data: LabelledTexts, cell: Cell, *, epochs: int | None = None, match: bool = False
) -> tuple[dict[str, ModelSpec], TrainSpec]:
    """The network that reads these texts well, with one direction and with two, and how both are trained.

    Half as long as the recipe does, unless `epochs` says otherwise: the difference is in how fast they learn. With
    `match` the one direction gets so many units that both have the same number of parameters, as nearly as can be.
    """
    spec, training = words_recipe(data)
    both = replace(spec, encoder=replace(spec.encoder, cell=cell))
    forward = replace(both, encoder=replace(both.encoder, bidirectional=False))
    if match:
        forward = matching_parameters(forward, parameter_counts(both).total)
    return {FORWARD: forward, BOTH: both}, replace(training, epochs=epochs or max(1, training.epochs // 2))


def next_words(data: LabelledTexts) -> SequenceData:
    """The same texts for a language model: after every word it is asked for the one that follows."""

    def asked(texts: tuple[Words, ...]) -> Batch:
        tokens = [data.vocabulary.encode(words) for words in texts if len(words) > 1]
        return Batch.collate([one[:-1] for one in tokens], [one[1:] for one in tokens])

    return SequenceData(f"{data.name}, next words", asked(data.train), asked(data.test), "step_cross_entropy")


def writers(data: LabelledTexts, cell: Cell) -> dict[str, ModelSpec]:
    """Language models of words, with one direction and with two."""
    words = data.vocabulary.words
    return {
        name: ModelSpec(
            EmbeddingInput(words, WRITER_UNITS),
            RecurrentSpec(cell, WRITER_UNITS, bidirectional=name == BOTH),
            HeadSpec("each_step", len(words)),
        )
        for name in (FORWARD, BOTH)
    }


WRITERS_TRAINING = TrainSpec(epochs=2, batch_size=32, learning_rate=1e-2, schedule="one-cycle", bucket_by_length=True)


@dataclass(frozen=True)
class Perplexities:
    """exp of the mean loss on held-out texts, by name and by the number of steps trained; `total` steps are trained.

    A perplexity of k means: as unsure as if k words were equally likely.
    """

    by_step: Mapping[str, Mapping[int, float]]
    total: int

    def last(self, name: str) -> float:
        """The newest."""
        return list(self.by_step[name].values())[-1]


def read_ahead(data: LabelledTexts, cell: Cell, seed: int = 0) -> Iterator[float | Perplexities]:
    """Train two language models, of which one reads in both directions; yields the share done and what is known.

    The backward reader has read the next word when it is asked for: its perplexity falls towards 1, and means nothing
    (compare ELMo, Peters et al. 2018, arXiv 1802.05365, which keeps the two directions apart for that reason).
    """
    asked = next_words(data)
    total = total_steps(asked, WRITERS_TRAINING)
    training = replace(WRITERS_TRAINING, seed=seed, eval_every=max(1, total // SCORED))
    models = {name: build_model(spec, seed) for name, spec in writers(data, cell).items()}
    found = {name: {0: math.exp(evaluate(model, asked).loss)} for name, model in models.items()}
    yield Perplexities({name: dict(values) for name, values in found.items()}, total)
    for name, event in interleaved({name: train(model, asked, training) for name, model in models.items()}):
        if isinstance(event, EvalCompleted):
            found[name][event.step] = math.exp(event.evaluation.loss)
            yield Perplexities({name: dict(values) for name, values in found.items()}, total)
            yield sum(max(values) for values in found.values()) / (total * len(found))
