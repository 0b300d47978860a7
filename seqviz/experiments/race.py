"""Several networks trained side by side, a step of each in turn: the same data, the same batches in the same order."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import torch
from jaxtyping import Bool
from torch import Tensor

from seqviz.data.datasets import Dataset
from seqviz.networks.build import Network, build_model
from seqviz.networks.objectives import OBJECTIVES
from seqviz.networks.scoring import predict
from seqviz.specs import NetworkSpec, TrainSpec
from seqviz.training.events import RunEnded, StepCompleted, TrainEvent
from seqviz.training.loop import copy_weights, train
from seqviz.training.summary import RunSummary

Name = TypeVar("Name")
VIEW_EVERY = 0.25  # seconds between two views of a race


def interleaved(runs: Mapping[Name, Iterator[TrainEvent]]) -> Iterator[tuple[Name, TrainEvent]]:
    """The events of all runs by name; each goes on until it has completed a step, then it is the next one's turn."""
    alive = dict(runs)
    while alive:
        for name, events in list(alive.items()):
            for event in events:
                yield name, event
                if isinstance(event, StepCompleted):
                    break
            else:
                del alive[name]


@dataclass(frozen=True)
class Racer:
    """One network in a race as it was at one moment: its curve (`Curve.columns`), its speed, and how it ended.

    `weights` are those of this moment; `correct` tells for each test example whether the answer is right: once the run
    has ended well.
    """

    spec: NetworkSpec
    curve: Mapping[str, list[float]]
    step: int = 0
    seconds: float = 0.0
    examples_per_second: float = 0.0
    message: str = ""
    weights: Mapping[str, Tensor] | None = None
    correct: Bool[Tensor, " n"] | None = None

    @property
    def accuracy(self) -> float | None:
        """On the whole test split, after the end."""
        return None if self.correct is None else float(self.correct.double().mean())


@dataclass(frozen=True)
class Race:
    """All racers by name, and how many steps each has to go in all."""

    racers: Mapping[str, Racer]
    total: int


class _Entry:
    """One network under way in a race."""

    def __init__(self, spec: NetworkSpec, data: Dataset, training: TrainSpec) -> None:
        self.spec, self.data = spec, data
        self.model: Network = build_model(spec, training.seed)
        self.summary = RunSummary(data, training)
        self.seconds = 0.0

    def racer(self) -> Racer:
        """The network as it is now."""
        run = self.summary
        speed = run.last.examples_per_second if run.last else 0.0
        weights = copy_weights(self.model)
        racer = Racer(self.spec, run.curve.columns(), run.step, self.seconds, speed, run.reason, weights)
        return replace(racer, correct=correct_answers(self.model, self.data)) if run.status == "finished" else racer


def correct_answers(model: Network, data: Dataset) -> Bool[Tensor, " n"]:
    """Whether the network names the class of each test example.

    Raises:
        InputError: the data asks for something else.
    """
    batches = data.for_network(model.spec).test_batches(model.head.weight.device)
    right = OBJECTIVES[data.objective].right
    return torch.cat([right(predict(model, batch)[0], batch).cpu() for batch in batches])


def race(
    specs: Mapping[str, NetworkSpec],
    data: Dataset,
    training: TrainSpec,
    augment: Callable[[Tensor, torch.Generator], Tensor] | None = None,
) -> Iterator[float | Race]:
    """Train all networks in turns from one seed; yields the share done and the race so far."""
    entries = {name: _Entry(spec, data, training) for name, spec in specs.items()}
    total = next(iter(entries.values())).summary.total
    runs = {name: train(entry.model, data, training, augment=augment) for name, entry in entries.items()}
    ended: dict[str, Racer] = {}

    def view() -> Race:
        return Race({name: ended.get(name) or entry.racer() for name, entry in entries.items()}, total)

    clock, viewed = time.perf_counter(), 0.0
    for name, event in interleaved(runs):
        entries[name].seconds += time.perf_counter() - clock
        entries[name].summary.add(event)
        if isinstance(event, RunEnded):
            ended[name] = entries[name].racer()
        clock = time.perf_counter()
        if clock - viewed > VIEW_EVERY:
            viewed = clock
            yield view()
            yield sum(entry.summary.step for entry in entries.values()) / (total * len(specs))
            clock = time.perf_counter()
    yield view()


def repeat_race(
    specs: Mapping[str, NetworkSpec], data: Dataset, training: TrainSpec, seeds: Sequence[int]
) -> Iterator[float | dict[str, list[float]]]:
    """The same race from several seeds; yields the share done, and every network's accuracies so far."""
    accuracies: dict[str, list[float]] = {name: [] for name in specs}
    for number, seed in enumerate(seeds):
        last: Race | None = None
        for item in race(specs, data, replace(training, seed=seed)):
            if isinstance(item, float):
                yield (number + item) / len(seeds)
            else:
                last = item
        assert last is not None
        for name, racer in last.racers.items():
            accuracies[name].append(float("nan") if racer.accuracy is None else racer.accuracy)
        yield {name: list(values) for name, values in accuracies.items()}
