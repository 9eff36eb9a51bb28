import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paretocaps.domain.choices import Choices
from paretocaps.errors import UsageError
from paretocaps.schedules.curve import sample_curve
from paretocaps.schedules.plan import build_plan

WAB = {"lr_policy": "warm_restarts", "cycle": "phase", "batch_schedule": "adabatch", "growth": "once"}


def test_phase_bounds_and_restarts_are_visible_with_the_fewest_points():
    curve = sample_curve(build_plan(Choices(**WAB), 60_000, 30), points=2)
    change = int(np.flatnonzero(np.diff(curve.batch_sizes))[0])
    assert curve.steps[change : change + 2].tolist() == [179_999, 180_000]
    assert curve.batch_sizes[change : change + 2].tolist() == [1, 16]
    assert curve.learning_rates[change] == pytest.approx(1e-4)
    assert curve.learning_rates[change + 1] == 1e-3


def test_every_restart_of_every_epoch_is_visible():
    curve = sample_curve(build_plan(Choices(lr_policy="warm_restarts"), 6000, 40), points=50)
    assert int((curve.learning_rates == 1e-3).sum()) == 40


def test_the_points_are_spread_over_the_steps_of_a_long_epoch():
    curve = sample_curve(build_plan(Choices(batch_size=1), 60_000, 1), points=100)
    assert len(curve.steps) == 100
    assert np.diff(curve.steps).max() <= 607


def test_the_arrays_hold_whole_steps_and_sizes():
    curve = sample_curve(build_plan(Choices(), 100, 2), points=3)
    assert (curve.steps.dtype, curve.batch_sizes.dtype) == (np.int64, np.int64)
    assert curve.learning_rates.dtype == np.float64


@pytest.mark.parametrize("points", [1, 0, -3])
def test_too_few_points_are_refused(points):
    with pytest.raises(UsageError, match=rf"points={points} .*2 or more"):
        sample_curve(build_plan(Choices(), 100, 2), points)


@settings(deadline=None, max_examples=60)
@given(
    images=st.integers(1, 3000),
    epochs=st.integers(1, 20),
    points=st.integers(2, 200),
    policy=st.sampled_from(["one_cycle", "warm_restarts", "step_decay"]),
)
def test_a_curve_is_the_plan_at_its_steps(images, epochs, points, policy):
    plan = build_plan(Choices(lr_policy=policy, batch_schedule="adabatch"), images, epochs)
    steps, rates, sizes = sample_curve(plan, points)
    assert len(steps) == len(rates) == len(sizes) <= points + 2 * epochs
    assert (np.diff(steps) > 0).all()
    assert (steps[0], steps[-1]) == (0, plan.total_steps - 1)
    assert rates.tolist() == [plan.learning_rate(int(step)) for step in steps]
    edges = {edge for phase in plan.phases for edge in (phase.first_step, phase.end_step - 1)}
    assert edges <= set(steps.tolist())
    for phase in plan.phases:
        inside = (steps >= phase.first_step) & (steps < phase.end_step)
        assert set(sizes[inside].tolist()) == {phase.batch_size}
