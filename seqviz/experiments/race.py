"""Several networks trained side by side, a step of each in turn: the same data, the same batches in the same order."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import torch
from jaxtyping import Bool
from torch import Tensor

from seqviz.data.datasets import SequenceData
from seqviz.networks.baselines import Baseline, BaselineSpec
from seqviz.networks.build import build_any
from seqviz.networks.classifier import SequenceClassifier
from seqviz.networks.objective import correct
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.training.curves import Curve
from seqviz.training.events import EvalCompleted, RunEnded, StepCompleted, TrainEvent
from seqviz.training.lessons import total_steps
from seqviz.training.loop import train

Name = TypeVar("Name")
RacerSpec = ModelSpec | BaselineSpec
LOOK = 0.25  # seconds between two views of a race


def in_turns(runs: Mapping[Name, Iterator[TrainEvent]]) -> Iterator[tuple[Name, TrainEvent]]:
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
    """One network in a race as it was at one moment: its curve (`training.curves`), its speed, and how it ended.

    `right` tells for each test example whether the answer is right; it is there once the run has ended well.
    """

    spec: RacerSpec
    curve: Mapping[str, list[float]]
    step: int = 0
    seconds: float = 0.0
    examples_per_second: float = 0.0
    message: str = ""
    weights: Mapping[str, Tensor] | None = None
    right: Bool[Tensor, " n"] | None = None

    @property
    def accuracy(self) -> float | None:
        """On the whole test split, after the end."""
        return None if self.right is None else float(self.right.double().mean())


@dataclass(frozen=True)
class Race:
    """All racers by name, and how many steps each has to go in all."""

    racers: Mapping[str, Racer]
    total: int


def race(
    specs: Mapping[str, RacerSpec],
    data: SequenceData,
    training: TrainSpec,
    augment: Callable[[Tensor, torch.Generator], Tensor] | None = None,
) -> Iterator[float | Race]:
    """Train all networks in turns from one seed; yields the share done and the race so far."""
    total = total_steps(data, training)
    models = {name: build_any(spec, training.seed) for name, spec in specs.items()}
    curves = {name: Curve(total) for name in specs}
    racers = {name: Racer(spec, curves[name].thinned()) for name, spec in specs.items()}
    runs = {name: train(model, data, training, augment=augment) for name, model in models.items()}
    clock, looked, done = time.perf_counter(), 0.0, 0
    for name, event in in_turns(runs):
        now = time.perf_counter()
        one = replace(racers[name], seconds=racers[name].seconds + now - clock)
        match event:
            case StepCompleted():
                curves[name].add_step(event)
                one = replace(one, step=event.step, examples_per_second=event.examples_per_second)
                done += 1
            case EvalCompleted():
                curves[name].add_evaluation(event)
            case RunEnded():
                one = _ended(one, models[name], data, event)
        racers[name] = one
        clock = time.perf_counter()
        if clock - looked > LOOK:
            looked = clock
            racers = {key: replace(racer, curve=curves[key].thinned()) for key, racer in racers.items()}
            yield Race(dict(racers), total)
            yield done / (total * len(specs))
            clock = time.perf_counter()
    yield Race({key: replace(racer, curve=curves[key].thinned()) for key, racer in racers.items()}, total)


def repeat_race(
    specs: Mapping[str, RacerSpec], data: SequenceData, training: TrainSpec, seeds: Sequence[int]
) -> Iterator[float | dict[str, list[float]]]:
    """The same race from several seeds; yields the share done, and every racer's accuracies so far."""
    found: dict[str, list[float]] = {name: [] for name in specs}
    for number, seed in enumerate(seeds):
        last: Race | None = None
        for item in race(specs, data, replace(training, seed=seed)):
            if isinstance(item, float):
                yield (number + item) / len(seeds)
            else:
                last = item
        assert last is not None
        for name, racer in last.racers.items():
            found[name].append(float("nan") if racer.accuracy is None else racer.accuracy)
        yield {name: list(values) for name, values in found.items()}


def _ended(racer: Racer, model: SequenceClassifier | Baseline, data: SequenceData, event: RunEnded) -> Racer:
    if event.outcome != "finished":
        return replace(racer, message=event.reason)
    model.eval()
    with torch.no_grad():
        parts = [model(part.to(model.head.weight.device)).cpu() for part in data.test.sequences.split(500)]
    weights = {name: tensor.detach().to("cpu", copy=True) for name, tensor in model.state_dict().items()}
    return replace(racer, weights=weights, right=correct(torch.cat(parts), data.test.labels), message=event.reason)
