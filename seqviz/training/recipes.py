"""Good starting points, found by trial: what the Train page opens with."""

import math
from dataclasses import replace

from seqviz.data.captions import Captions
from seqviz.data.datasets import Dataset
from seqviz.data.labelled_texts import LabelledTexts
from seqviz.data.pairs import Pairs
from seqviz.data.series import Series
from seqviz.data.tags import TAGS, Tagged
from seqviz.data.text import TextData
from seqviz.data.windows import MOST_WINDOWS, Windows
from seqviz.errors import DataError
from seqviz.specs import (
    Attention,
    EmbeddingInput,
    EncoderDecoderSpec,
    HeadSpec,
    LearnedSpec,
    ModelSpec,
    RecurrentSpec,
    TrainSpec,
    WindowInput,
)
from seqviz.training.loop import total_steps

EVALUATIONS = 10  # of a text run
PAIR_STEPS = 600  # that learn the numbers of two languages
FEW_WINDOWS = 500
LEVEL = ("sine", "mackey-glass")
"""Series that are read as levels."""
FEW, STEPS = 2000, 400  # texts that are few, and the steps that such a run takes at least


def recipe_for(data: Dataset) -> tuple[LearnedSpec, TrainSpec]:
    """A good starting point for any data that ships.

    Raises:
        DataError: there is none.
    """
    if isinstance(data, TextData):
        return text_recipe(data)
    if isinstance(data, Pairs):
        return pairs_recipe(data)
    if isinstance(data, Captions):
        return captions_recipe(data)
    if isinstance(data, Tagged):
        return tags_recipe(data)
    if isinstance(data, Windows):
        return series_recipe(data.series)
    return words_recipe(data) if isinstance(data, LabelledTexts) else default_recipe(data.name)


def default_recipe(dataset: str) -> tuple[ModelSpec, TrainSpec]:
    """A small network and a short run that read the dataset well while the class watches.

    One-cycle rates after Smith and Topin 2019 (arXiv 1708.07120): a high peak, reached and left smoothly.
    """
    model = ModelSpec.classifier("lstm", 64, head="concat")
    if dataset == "mnist":
        return model, TrainSpec(epochs=3, batch_size=128, learning_rate=1e-2, schedule="one-cycle", snapshot_every=50)
    if dataset == "digits":
        return model, TrainSpec(epochs=12, batch_size=32, learning_rate=8e-3, schedule="one-cycle", snapshot_every=10)
    raise DataError(f"There is no recipe for the dataset {dataset!r}; there is one for digits and one for mnist.")


def text_recipe(data: TextData, *, shipped: bool = False) -> tuple[ModelSpec, TrainSpec]:
    """A character model that writes words within a minute; the larger and longer one is what ships.

    So many steps at least: an epoch is not broken off. On two cores, 256 units learn Tiny Shakespeare to 1.54 nats in
    738 steps and a minute; at half the rate, to 1.59.
    """
    units, steps, rate = (256, 3695, 4e-3) if shipped else (128, 700, 8e-3)
    training = TrainSpec(
        batch_size=max(1, min(64, len(data.train) // 256)),  # streams of at least 256 characters
        learning_rate=rate,
        schedule="one-cycle",
        optimizer="adamw",
        truncate=64,
    )
    training = replace(training, epochs=max(1, min(1000, math.ceil(steps / data.steps_per_epoch(training)))))
    return ModelSpec.language_model(data.vocabulary.characters, hidden_size=units), evaluated_often(data, training)


def evaluated_often(data: TextData, training: TrainSpec) -> TrainSpec:
    """The same training with `EVALUATIONS` evaluations on the way."""
    return replace(training, eval_every=max(1, total_steps(data, training) // EVALUATIONS))


def pairs_recipe(data: Pairs, attention: Attention = "dot") -> tuple[EncoderDecoderSpec, TrainSpec]:
    """A translator that is right within a minute on two cores; few pairs are read more often."""
    model = EncoderDecoderSpec.translator(data.source.vocabulary, data.target.vocabulary, attention=attention)
    epochs = max(2, min(100, math.ceil(PAIR_STEPS * 64 / len(data.train))))
    run = TrainSpec(
        epochs=epochs, batch_size=64, learning_rate=5e-3, schedule="one-cycle", bucket_by_length=True, snapshot_every=50
    )
    return model, run


def captions_recipe(data: Captions, attention: Attention = "dot") -> tuple[EncoderDecoderSpec, TrainSpec]:
    """A network that spells a picture out within a minute on two cores."""
    model = EncoderDecoderSpec.captioner(data.target.vocabulary, attention=attention)
    return model, TrainSpec(epochs=5, batch_size=64, learning_rate=8e-3, schedule="one-cycle", snapshot_every=50)


def tags_recipe(data: Tagged, *, bidirectional: bool = True) -> tuple[ModelSpec, TrainSpec]:
    """A tagger; in one direction with as many units that it has about as many parameters."""
    encoder = RecurrentSpec("gru", 64 if bidirectional else 94, bidirectional=bidirectional)
    model = ModelSpec(EmbeddingInput(data.vocabulary.characters, 32), encoder, HeadSpec("each_step", len(TAGS)))
    return model, TrainSpec(epochs=3, batch_size=32, learning_rate=8e-3, schedule="one-cycle", snapshot_every=50)


def series_recipe(series: Series) -> tuple[ModelSpec, TrainSpec]:
    """A forecaster of one season ahead, or of 16 steps where there is none, in twenty seconds on two cores at most.

    A short series has few windows; a recursive network learns from every step of them. Where there are many, an LSTM
    takes three times as many steps in less time than a GRU, whose steps PyTorch does not run as one kernel on a CPU.
    What swings around one level for ever is read as levels, everything else as changes.
    """
    learned, horizon = series.ends[0], _horizon(series)
    seasons = 2 if series.period >= 24 else 4
    window = max(2, min(max(32, seasons * series.period), len(series) // 5, 512))
    few = learned - window - horizon < FEW_WINDOWS
    columns = 1 if series.others is None else 1 + series.others.shape[1]
    recursive = few and columns == 1
    model = ModelSpec.forecaster(
        "gru" if recursive else "lstm",
        window=window,
        horizon=horizon,
        columns=columns,
        scaling="level" if series.name in LEVEL else "change",
        recursive=recursive,
    )
    batch = 32 if few else 64
    steps = math.ceil(min(MOST_WINDOWS, max(1, learned - window - horizon + 1)) / batch)
    epochs = max(1, min(1000, math.ceil((300 if few else 1350) / steps)))
    training = TrainSpec(
        epochs=epochs,
        batch_size=batch,
        learning_rate=1e-2,
        schedule="one-cycle",
        eval_every=max(1, epochs * steps // 12),
    )
    return model, replace(training, snapshot_every=training.eval_every)


def series_windows(series: Series) -> Windows:
    """The series as the network of its recipe reads it."""
    spec, _ = series_recipe(series)
    assert isinstance(spec.input, WindowInput)
    return Windows(series, spec.input.window, _horizon(series), spec.input.scaling, spec.recursive)


def _horizon(series: Series) -> int:
    """The steps ahead that are of interest."""
    learned, watched = series.ends
    return max(1, min(series.period if series.period > 1 else 16, (watched - learned) // 2, 100))


def words_recipe(data: LabelledTexts) -> tuple[ModelSpec, TrainSpec]:
    """Both directions, bucketed by length: half a minute on two cores at most.

    Order decides the planted reviews, and the state that both readers end in learns it whole. What people wrote is
    noisier: the mean of all states, two words of five unknown in training, and weights that decay fast keep the network
    from learning it by heart.
    """
    words, classes = data.vocabulary.words, len(data.classes)
    run = TrainSpec(
        epochs=16,
        batch_size=32,
        learning_rate=8e-3,
        schedule="one-cycle",
        optimizer="adamw",
        bucket_by_length=True,
        weight_decay=0.0,
    )
    if data.name == "planted":
        return ModelSpec.text_classifier(words, num_classes=classes), run
    model = ModelSpec.text_classifier(words, "lstm", 64, embedding_size=64, head="mean", num_classes=classes)
    batch_size = 64 if len(data.train) > FEW else 16
    epochs = 2 if data.name == "imdb" else max(6, min(60, STEPS * batch_size // len(data.train)))
    return model, replace(
        run, epochs=epochs, batch_size=batch_size, learning_rate=4e-3, word_dropout=0.4, weight_decay=1.0
    )
