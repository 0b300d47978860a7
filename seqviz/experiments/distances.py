"""How far back can a cell learn to look? The same task at growing distances, several cells side by side."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from seqviz.data.adding import adding_problem
from seqviz.data.datasets import SequenceData, load_dataset
from seqviz.data.transforms import BlankRows
from seqviz.experiments.race import in_turns
from seqviz.networks.build import build_model, matched, parameter_counts
from seqviz.networks.levers import Levers, pulled
from seqviz.specs import Cell, ModelSpec, TrainSpec
from seqviz.training.events import EvalCompleted, StepCompleted, TrainEvent
from seqviz.training.lessons import total_steps
from seqviz.training.loop import train

Problem = Literal["delayed", "adding"]
DISTANCES: dict[Problem, tuple[int, ...]] = {"delayed": (0, 10, 20, 40, 80), "adding": (6, 12, 25, 50)}
RATE = 1e-2
EPOCHS: dict[Problem, int] = {"delayed": 8, "adding": 25}
CHANCE: dict[Problem, float] = {"delayed": 0.1, "adding": 0.08}
"""What answering the same thing always gets right: one class of ten; the sum 1 with a tolerance of 0.04."""


@dataclass(frozen=True)
class Trial:
    """One cell at one distance: accuracy on the batches so far by step, and on the test split once it is done."""

    cell: Cell
    distance: int
    steps: tuple[int, ...] = ()
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
        return {one.distance: one.final for one in self.trials if one.cell == cell and one.final is not None}


def task_data(task: Problem, distance: int) -> SequenceData:
    """A digit and then `distance` blank rows, or an adding problem of that length."""
    if task == "adding":
        return adding_problem(distance)
    return load_dataset("digits").transformed(BlankRows(distance))


def task_models(task: Problem, cells: Sequence[Cell], hidden_size: int) -> dict[Cell, ModelSpec]:
    """One network a cell: the first with `hidden_size` units, the others with as many parameters."""
    shape = {"input_size": 2, "num_classes": 1} if task == "adding" else {}
    first = ModelSpec(cell=cells[0], hidden_size=hidden_size, **shape)  # type: ignore[arg-type]
    parameters = parameter_counts(first).total
    return {cell: first if cell == cells[0] else matched(replace(first, cell=cell), parameters) for cell in cells}


def learn_over_distances(
    task: Problem,
    models: Mapping[Cell, ModelSpec],
    keep_bias: float,
    distances: Sequence[int] = (),
    epochs: int | None = None,
    seed: int = 0,
) -> Iterator[float | Trials]:
    """Train every cell at every distance, the cells in turns; yields the share done, and what is known so far.

    Every cell starts with orthogonal W_hh, with which a plain RNN learns best; `keep_bias` is where the bias of the
    forget (update) gate starts.
    """
    distances = distances or DISTANCES[task]
    done: tuple[Trial, ...] = ()
    for number, distance in enumerate(distances):
        data = task_data(task, distance)
        trials = {cell: Trial(cell, distance) for cell in models}
        runs = {cell: _run(models[cell], data, task, keep_bias, epochs, seed) for cell in models}
        steps = len(models) * total_steps(data, TrainSpec(epochs=epochs or EPOCHS[task], batch_size=32))
        for count, (cell, event) in enumerate(in_turns(runs)):
            trial = trials[cell]
            if isinstance(event, StepCompleted):
                steps_so_far, accuracies = (*trial.steps, event.step), (*trial.accuracies, event.accuracy)
                trials[cell] = replace(trial, steps=steps_so_far, accuracies=accuracies)
            elif isinstance(event, EvalCompleted):
                trials[cell] = replace(trial, final=event.evaluation.accuracy)
            if count % 20 == 0:
                yield Trials(task, models, done + tuple(trials.values()))
                yield min(1.0, (number + sum(len(one.steps) for one in trials.values()) / steps) / len(distances))
        done += tuple(trials.values())
    yield Trials(task, models, done)


def _run(
    spec: ModelSpec, data: SequenceData, task: Problem, keep_bias: float, epochs: int | None, seed: int
) -> Iterator[TrainEvent]:
    model = pulled(build_model(spec, seed), Levers("orthogonal", keep_bias=keep_bias), seed)
    training = TrainSpec(
        epochs=epochs or EPOCHS[task], batch_size=32, learning_rate=RATE, schedule="one-cycle", seed=seed
    )
    return train(model, data, training)
