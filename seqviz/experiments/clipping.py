"""Exploding and clipping: three small runs: one diverges, clipping saves one, and cannot save the last."""

from collections.abc import Iterator
from dataclasses import dataclass

from seqviz.data.datasets import load_dataset
from seqviz.data.transforms import BlankRows
from seqviz.instruments.gradients import gradient_flow
from seqviz.networks.build import build_model
from seqviz.networks.modifications import Modifications, with_modifications
from seqviz.specs import ModelSpec, Nonlinearity, TrainSpec
from seqviz.training.events import StepCompleted
from seqviz.training.loop import train
from seqviz.training.summary import RunSummary

HIDDEN, EPOCHS, BATCH, FADING = 32, 3, 32, 0.5


@dataclass(frozen=True)
class ClippedRun:
    """A run: the gradient's norm at each step, how it ended, and what of it reaches the digit's last row."""

    norms: tuple[float, ...]
    accuracy: float | None
    diverged: bool
    arrives: float


@dataclass(frozen=True)
class Clipping:
    """What the three runs are to differ in."""

    radius: float
    rate: float
    limit: float
    blank: int


@dataclass(frozen=True)
class ClippedRuns:
    """The three runs, and the fading one without clipping."""

    exploding: ClippedRun
    clipped: ClippedRun
    fading: ClippedRun
    free: ClippedRun


def train_with_and_without_clipping(chosen: Clipping) -> Iterator[float | ClippedRuns]:
    """Train all four, one after the other."""
    rate, limit, blank = chosen.rate, chosen.limit, chosen.blank
    settings: tuple[tuple[Nonlinearity, float, float | None, int], ...] = (
        ("relu", chosen.radius, None, 0),
        ("relu", chosen.radius, limit, 0),
        ("tanh", FADING, limit, blank),
        ("tanh", FADING, None, blank),
    )
    ended: list[ClippedRun] = []
    for nonlinearity, radius, clip, rows in settings:
        for item in clipped_run(nonlinearity, radius, rate, clip, rows):
            if isinstance(item, float):
                yield (len(ended) + item) / len(settings)
            else:
                ended.append(item)
    yield ClippedRuns(*ended)


def clipped_run(
    nonlinearity: Nonlinearity, radius: float, rate: float, clip: float | None, blank: int
) -> Iterator[float | ClippedRun]:
    """One run: the share done after each step, and what it came to."""
    spec = ModelSpec.classifier("rnn", HIDDEN, nonlinearity=nonlinearity)
    model = with_modifications(build_model(spec), Modifications(spectral_radius=radius))
    data = load_dataset("digits").transformed(BlankRows(blank))
    training = TrainSpec(EPOCHS, BATCH, rate, clip=clip, optimizer="sgd")
    run, norms = RunSummary(data, training), []
    for event in run.follow(train(model, data, training)):
        if isinstance(event, StepCompleted):
            norms.append(event.gradient_norm)
            yield run.step / run.total
    course = gradient_flow(model, data.test[:16]).layers[0].norms.mean(dim=0)
    diverged = run.status == "diverged"
    yield ClippedRun(tuple(norms), run.metrics.get("accuracy"), diverged, float(course[27] / course[-1]))
