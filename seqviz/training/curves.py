"""The curve of a run: every step is recorded, a picture gets as many points as it can show."""

from collections.abc import Mapping

import numpy as np

from seqviz.training.events import EvalCompleted, StepCompleted

STEP_FIELDS = ("step", "loss", "accuracy", "gradient_norm")
EVAL_FIELDS = ("eval_step", "eval_loss", "eval_accuracy")
POINTS = 300


class Curve:
    """Step and evaluation numbers of one run, appended by its thread and read by others."""

    def __init__(self, total: int, past: Mapping[str, list[float]] | None = None) -> None:
        past = past or {}
        earlier = [past.get(name, []) for name in STEP_FIELDS]
        self._steps = np.zeros((total + len(earlier[0]), len(STEP_FIELDS)))
        self._count = len(earlier[0])
        self._steps[: self._count] = np.array(earlier).T.reshape(-1, len(STEP_FIELDS))
        self._evals = list(zip(*(past.get(name, []) for name in EVAL_FIELDS), strict=True))

    def add_step(self, event: StepCompleted) -> None:
        self._steps[self._count] = event.step, event.loss, event.accuracy, event.gradient_norm
        self._count += 1

    def add_evaluation(self, event: EvalCompleted) -> None:
        self._evals.append((float(event.step), event.evaluation.loss, event.evaluation.accuracy))

    def thinned(self, points: int = POINTS) -> dict[str, list[float]]:
        """At most `points` steps, each the mean of the steps around it, and every evaluation; JSON can hold it."""
        steps = self._steps[: self._count]
        if len(steps) > points:
            starts = np.linspace(0, len(steps), points, endpoint=False).astype(int)
            steps = np.add.reduceat(steps, starts) / np.diff(starts, append=len(steps))[:, None]
        evals = list(self._evals)
        columns = {name: steps[:, i].tolist() for i, name in enumerate(STEP_FIELDS)}
        return columns | {name: [row[i] for row in evals] for i, name in enumerate(EVAL_FIELDS)}
