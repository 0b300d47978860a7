"""A thinned curve keeps its length, its ends and its mean."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seqviz.training.curves import Curve
from seqviz.training.events import StepCompleted


@given(st.integers(0, 400), st.integers(1, 60))
def test_thinned(steps, points):
    curve = Curve(steps)
    for step in range(1, steps + 1):
        curve.add_step(StepCompleted(step, float(step**2), 0.5, 1.0, 1.0, 1.0))
    thin = curve.thinned(points)
    assert len(thin["step"]) == min(steps, points)
    assert np.all(np.diff(thin["step"]) > 0)
    if steps <= points:
        assert thin["loss"] == [float(step**2) for step in range(1, steps + 1)]
    elif steps % points == 0:
        assert np.isclose(np.mean(thin["loss"]), np.mean(np.arange(1, steps + 1.0) ** 2))


def test_it_goes_on_from_a_past():
    first = Curve(2)
    first.add_step(StepCompleted(1, 2.0, 0.1, 1.0, 1.0, 1.0))
    second = Curve(2, first.thinned())
    second.add_step(StepCompleted(2, 1.0, 0.2, 1.0, 1.0, 1.0))
    assert second.thinned()["loss"] == [2.0, 1.0]
