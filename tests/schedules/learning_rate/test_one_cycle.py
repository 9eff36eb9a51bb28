import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paretocaps.domain.choices import Choices
from paretocaps.schedules.plan import build_plan

LR_MIN, LR_MAX = 1e-4, 1e-3


def rates_of(images, epochs=1, **values):
    plan = build_plan(Choices(lr_policy="one_cycle", **{"batch_size": 1, **values}), images, epochs)
    return [plan.learning_rate(step) for step in range(plan.total_steps)]


def test_twenty_steps_of_equation_1():
    rates = rates_of(20)
    up = [LR_MIN + ts * 1e-4 for ts in range(10)]  # 0.9e-3 over 9 steps
    down = up[-2::-1]
    assert rates[:19] == pytest.approx([*up, *down], rel=1e-12, abs=0)
    assert rates[19] == pytest.approx(LR_MIN * (1 - 9 / 20), rel=1e-12, abs=0)
    assert (rates[0], rates[9], rates[18]) == (LR_MIN, LR_MAX, LR_MIN)


@settings(deadline=None, max_examples=60)
@given(cycles=st.integers(1, 100))
def test_the_corners_are_exact_wherever_a_step_falls_on_them(cycles):
    steps = 20 * cycles
    rates = rates_of(steps)
    assert (rates[0], rates[9 * cycles], rates[18 * cycles]) == (LR_MIN, LR_MAX, LR_MIN)


@settings(deadline=None, max_examples=60)
@given(steps=st.integers(2, 2000), ratio=st.floats(1.0, 1000.0))
def test_it_never_jumps(steps, ratio):
    rates = rates_of(steps, lr_max=1e-2, lr_min=1e-2 / ratio)
    steepest = max((1e-2 - 1e-2 / ratio) / (0.45 * steps), 9 * (1e-2 / ratio) / steps)
    for before, after in itertools.pairwise(rates):
        assert abs(after - before) <= steepest * (1 + 1e-9)


@settings(deadline=None, max_examples=60)
@given(steps=st.integers(3, 2000))
def test_it_rises_then_falls(steps):
    rates = rates_of(steps)
    top = rates.index(max(rates))
    assert abs(top - 0.45 * steps) <= 1
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)


def test_the_cycle_spans_all_phases_of_a_growing_batch_size():
    choices = Choices(lr_policy="one_cycle", batch_schedule="adabatch")
    plan = build_plan(choices, 320, 30)
    total = plan.total_steps
    assert total == 3 * 320 + 5 * 20 + 5 * 10 + 17 * 5
    peak = round(0.45 * total)
    assert plan.learning_rate(peak) == pytest.approx(LR_MAX, rel=2e-3)
    assert plan.learning_rate(total - 1) == pytest.approx(LR_MIN / 10 + 9 * LR_MIN / total, rel=1e-9, abs=0)


THREE_PHASES = {"max_lr": LR_MAX, "three_phase": True, "anneal_strategy": "linear", "cycle_momentum": False}
THREE_PHASES |= {"div_factor": LR_MAX / LR_MIN, "final_div_factor": 10}


@pytest.mark.parametrize("steps", [2, 20, 47, 1000])
def test_it_is_pytorchs_one_cycle_lr_with_its_corners(torch_rates, steps):
    """PyTorch has corners at steps p N - 1, 2 p N - 2 and N - 1 of N, we at 0.45 T, 0.9 T and T."""
    length = {"total_steps": steps + 1, "pct_start": (0.45 * steps + 1) / (steps + 1)}
    theirs = torch_rates("OneCycleLR", steps, LR_MAX, **THREE_PHASES, **length)
    assert rates_of(steps) == pytest.approx(theirs, rel=1e-12, abs=0)


@pytest.mark.parametrize("steps", [20, 47, 1000])
def test_as_it_is_usually_called_pytorchs_corners_are_up_to_two_steps_earlier(torch_rates, steps):
    theirs = torch_rates("OneCycleLR", steps, LR_MAX, **THREE_PHASES, total_steps=steps, pct_start=0.45)
    slope = (LR_MAX - LR_MIN) / (0.45 * steps - 1)
    assert rates_of(steps) == pytest.approx(theirs, rel=0, abs=2 * slope)
    assert rates_of(steps) != pytest.approx(theirs, rel=0, abs=slope / 2)
