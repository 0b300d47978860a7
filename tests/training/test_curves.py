"""A curve is bounded, keeps the mean of what it leaves out, and does not notice that its run was resumed."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqviz.networks.evaluation import Evaluation
from seqviz.training.curves import POINTS, Curve
from seqviz.training.events import EvalCompleted, StepCompleted


def step(number: int) -> StepCompleted:
    return StepCompleted(number, math.sin(number), {"accuracy": 1 / number}, 1.0, 1.0, 1, 1.0)


def evaluation(number: int) -> EvalCompleted:
    return EvalCompleted(number, Evaluation({"loss": 1 / number, "accuracy": 0.5}))


def fill(curve: Curve, first: int, last: int, every: int = 10) -> Curve:
    for number in range(first, last + 1):
        curve.add_step(step(number))
        if number % every == 0:
            curve.add_evaluation(evaluation(number))
    return curve


@settings(deadline=None)
@given(st.integers(1, 2000))
def test_points_are_means_of_equal_parts(total):
    columns = fill(Curve(total), 1, total).columns()
    counts = [int(count) for count in columns["count"]]
    assert len(counts) == min(total, POINTS)
    assert sum(counts) == total
    assert max(counts) - min(counts) <= 1
    first = 1
    for count, place, loss in zip(counts, columns["step"], columns["loss"], strict=True):
        steps = range(first, first + count)
        assert place == pytest.approx(sum(steps) / count)
        assert loss == pytest.approx(sum(map(math.sin, steps)) / count)
        first += count
    assert columns["eval_step"] == sorted(columns["eval_step"])
    if total >= 10:
        assert columns["eval_step"][-1] == total // 10 * 10


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 3000), st.lists(st.integers(1, 3000), max_size=5))
def test_a_resumed_run_has_the_points_of_an_unbroken_one(total, stops):
    unbroken = fill(Curve(total), 1, total).columns()
    curve, done = Curve(total), 0
    for stop in sorted(stop for stop in stops if stop < total):
        fill(curve, done + 1, stop)
        curve, done = Curve(total, curve.columns(), stop), stop
    resumed = fill(curve, done + 1, total).columns()
    assert resumed.keys() == unbroken.keys()
    for name, values in unbroken.items():
        assert resumed[name] == pytest.approx(values, rel=1e-9), name


def test_what_came_after_the_checkpoint_is_dropped():
    curve = fill(Curve(40), 1, 27)
    resumed = Curve(40, curve.columns(), 20)
    assert resumed.columns()["step"] == [float(number) for number in range(1, 21)]
    assert resumed.columns()["eval_step"] == [10.0, 20.0]


def test_a_run_of_any_length_takes_no_more_memory():
    """A thousand epochs of five million characters, one at a time: 5 billion steps, each of them evaluated."""
    total = 5 * 10**9
    curve = Curve(total)
    for number in range(1, total, total // 1000):
        curve.add_step(step(number))
        curve.add_evaluation(evaluation(number))
    columns = curve.columns()
    assert {len(values) for values in columns.values()} == {POINTS}


def test_curves_of_before_the_counts_were_kept():
    """Points of a run of 900 steps, each the mean of three, as format 1 had them."""
    steps = [3 * i + 2.0 for i in range(300)]
    old = {"step": steps, "loss": steps, "accuracy": steps, "gradient_norm": steps}
    old |= {"eval_step": [450.0, 900.0], "eval_loss": [2.0, 1.0], "eval_accuracy": [0.4, 0.5]}
    columns = Curve(900, old).columns()
    assert columns["step"] == steps
    assert columns["count"] == [3.0] * 300
    assert columns["accuracy"] == pytest.approx(steps)
    assert columns["eval_accuracy"] == [0.4, 0.5]
