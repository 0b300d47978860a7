"""How far back can a cell learn to look? The same task at growing distances, several cells side by side."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from seqviz.data.adding import adding_problem
from seqviz.data.datasets import SequenceData, load_dataset
from seqviz.data.transforms import BlankRows
from seqviz.experiments.race import interleaved
from seqviz.networks.build import build_model, matching_parameters, parameter_counts
from seqviz.networks.modifications import Modifications, with_modifications
from seqviz.networks.network import SequenceNetwork
from seqviz.networks.objectives import OBJECTIVES
from seqviz.specs import Cell, ModelSpec, TrainSpec
from seqviz.training.loop import train
from seqviz.training.summary import RunSummary

Problem = Literal["delayed", "adding"]
DISTANCES: dict[Problem, tuple[int, ...]] = {"delayed": (0, 10, 20, 40, 80), "adding": (6, 12, 25, 50)}
RATE = 1e-2
EPOCHS: dict[Problem, int] = {"delayed": 8, "adding": 25}
CHANCE: dict[Problem, float] = {"delayed": 0.1, "adding": 0.08}
"""What answering the same thing always gets right: one class of ten; the sum 1 with a tolerance of 0.04."""


@dataclass(frozen=True)
class Trial:
    """One cell at one distance: accuracy on the batches by step, and on the test split at the last evaluation.

    Of the adding problem, accuracy is the share of sums within the tolerance.
    """

    cell: Cell
    distance: int
    steps: tuple[float, ...] = ()
    accuracies: tuple[float, ...] = ()
    final: float | None = None


@dataclass(frozen=True)
class Trials:
    """Everything measured so far; the trials of the distance under way are the last ones."""

    task: Problem
    models: Mapping[Cell, ModelSpec]
    trials: tuple[Trial, ...]

    def curve(self, cell: Cell) -> dict[int, float]:
        """Test accuracy by distance, where it is known."""
        return {trial.distance: trial.final for trial in self.trials if trial.cell == cell and trial.final is not None}


def task_data(task: Problem, distance: int) -> SequenceData:
    """A digit and then `distance` blank rows, or an adding problem of that length."""
    if task == "adding":
        return adding_problem(distance)
    return load_dataset("digits").transformed(BlankRows(distance))


def task_models(task: Problem, cells: Sequence[Cell], hidden_size: int) -> dict[Cell, ModelSpec]:
    """One network a cell: the first with `hidden_size` units, the others with as many parameters."""
    features, answers = (2, 1) if task == "adding" else (28, 10)
    specs = {cell: ModelSpec.classifier(cell, hidden_size, input_size=features, num_classes=answers) for cell in cells}
    first, *others = specs
    parameters = parameter_counts(specs[first]).total
    return {first: specs[first]} | {cell: matching_parameters(specs[cell], parameters) for cell in others}


def learn_over_distances(
    task: Problem,
    models: Mapping[Cell, ModelSpec],
    memory_gate_bias: float,
    distances: Sequence[int] = (),
    epochs: int | None = None,
    seed: int = 0,
) -> Iterator[float | Trials]:
    """Train every cell at every distance, the cells in turns; yields the share done, and what is known so far.

    Every cell starts with orthogonal W_hh, with which a plain RNN learns best; `memory_gate_bias` is where the bias of
    the forget (update) gate starts.
    """
    distances = distances or DISTANCES[task]
    training = TrainSpec(
        epochs=epochs or EPOCHS[task], batch_size=32, learning_rate=RATE, schedule="one-cycle", seed=seed
    )
    done: tuple[Trial, ...] = ()
    for number, distance in enumerate(distances):
        data = task_data(task, distance)
        runs = {cell: train(_untrained(spec, memory_gate_bias, seed), data, training) for cell, spec in models.items()}
        summaries = {cell: RunSummary(data, training) for cell in models}
        total = sum(summary.total for summary in summaries.values())
        for count, (cell, event) in enumerate(interleaved(runs)):
            summaries[cell].add(event)
            if count % 20 == 0:
                yield Trials(task, models, done + _trials(summaries, distance, data))
                steps = sum(summary.step for summary in summaries.values())
                yield (number + steps / total) / len(distances)
        done += _trials(summaries, distance, data)
    yield Trials(task, models, done)


def _untrained(spec: ModelSpec, memory_gate_bias: float, seed: int) -> SequenceNetwork:
    return with_modifications(
        build_model(spec, seed), Modifications("orthogonal", memory_gate_bias=memory_gate_bias), seed
    )


def _trials(summaries: Mapping[Cell, RunSummary], distance: int, data: SequenceData) -> tuple[Trial, ...]:
    main = OBJECTIVES[data.objective].metrics[0].name
    trials = []
    for cell, summary in summaries.items():
        curve = summary.curve.columns()
        score = summary.metrics.get(main)
        trials.append(Trial(cell, distance, tuple(curve["step"]), tuple(curve.get(main, ())), score))
    return tuple(trials)
