"""Several runs side by side, a step of each in turn."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

from seqviz.training.events import RunEnded, StepCompleted, TrainEvent

Name = TypeVar("Name")


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
            if name in alive and isinstance(event, RunEnded):
                del alive[name]
