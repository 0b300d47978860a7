"""The curve of a run: at most `POINTS` points, however long the run is and however often it is resumed."""

from collections.abc import Mapping

from seqviz.training.events import EvalCompleted, StepCompleted

POINTS = 300
STEP_COLUMNS = ("step", "loss", "gradient_norm")
EVAL_COLUMNS = ("eval_step", "eval_loss")
"""Columns that every curve has; the metrics of its objective come beside them."""


class Curve:
    """The numbers of one run's steps and evaluations, written by its thread and read by others.

    A run of `total` steps is cut into `POINTS` equal parts. Each point is the mean of one part's steps, and of several
    evaluations in one part the last is kept. Where the parts begin depends on `total` alone, so a resumed run has
    the points of an unbroken one.
    """

    def __init__(self, total: int, columns: Mapping[str, list[float]] | None = None, step: int | None = None) -> None:
        """An empty curve, or one that goes on after `step` from the `columns` of an earlier run."""
        self._total = max(1, total)
        self._sums: dict[int, tuple[int, dict[str, float]]] = {}  # by part: steps, and the sum of each column
        self._evals: dict[int, dict[str, float]] = {}
        if columns:
            self._restore(columns, self._total if step is None else step)

    def add_step(self, event: StepCompleted) -> None:
        values = {"step": float(event.step), "loss": event.loss, "gradient_norm": event.gradient_norm, **event.metrics}
        self._add(self._part(event.step), 1, values)

    def add_evaluation(self, event: EvalCompleted) -> None:
        scores = {f"eval_{name}": value for name, value in event.evaluation.metrics.items()}
        self._evals[self._part(event.step)] = {"eval_step": float(event.step), **scores}

    def columns(self) -> dict[str, list[float]]:
        """One list a column, in the order of steps; `count` says how many steps each point is the mean of."""
        points = [
            {name: value / count for name, value in sums.items()} | {"count": float(count)}
            for count, sums in list(self._sums.values())
        ]
        return _columns(points, (*STEP_COLUMNS, "count")) | _columns(list(self._evals.values()), EVAL_COLUMNS)

    def _part(self, step: int | float) -> int:
        place = max(0, round(step) - 1)
        return place if self._total <= POINTS else min(POINTS - 1, place * POINTS // self._total)

    def _add(self, part: int, count: int, values: Mapping[str, float]) -> None:
        before, sums = self._sums.get(part, (0, {}))
        self._sums[part] = before + count, {name: sums.get(name, 0.0) + value for name, value in values.items()}

    def _restore(self, columns: Mapping[str, list[float]], until: int) -> None:
        """Take in the points of an earlier run up to a step; files of before 2026-11 do not tell the counts."""
        first = 1
        for point in _points(columns, [name for name in columns if not name.startswith("eval_")]):
            count = round(point.pop("count", 2 * (point["step"] - first) + 1))
            count = max(1, min(count, until - first + 1))
            if first > until:
                break
            point["step"] = first + (count - 1) / 2
            self._add(self._part(point["step"]), count, {name: value * count for name, value in point.items()})
            first += count
        for scores in _points(columns, [name for name in columns if name.startswith("eval_")]):
            if scores["eval_step"] <= until:
                self._evals[self._part(scores["eval_step"])] = scores


def _columns(points: list[dict[str, float]], names: tuple[str, ...]) -> dict[str, list[float]]:
    every = dict.fromkeys((*names, *(name for point in points for name in point)))
    return {name: [point[name] for point in points] for name in every}


def _points(columns: Mapping[str, list[float]], names: list[str]) -> list[dict[str, float]]:
    rows = zip(*(columns[name] for name in names), strict=True)
    return [dict(zip(names, row, strict=True)) for row in rows]
