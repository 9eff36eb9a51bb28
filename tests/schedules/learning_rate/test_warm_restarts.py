import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paretocaps.domain.choices import Choices
from paretocaps.schedules.plan import build_plan


def test_four_steps_of_equation_2():
    plan = build_plan(Choices(lr_policy="warm_restarts", batch_size=1), 4, 2)
    quarter = math.sqrt(0.5)
    cycle = [1e-3, 1e-4 + 4.5e-4 * (1 + quarter), 5.5e-4, 1e-4 + 4.5e-4 * (1 - quarter)]
    assert plan.learning_rates(1) == pytest.approx(cycle, rel=1e-12, abs=0)
    assert plan.learning_rates(2) == plan.learning_rates(1)


@settings(deadline=None, max_examples=40)
@given(
    images=st.integers(1, 300),
    epochs=st.integers(1, 20),
    cycle=st.sampled_from(["epoch", "phase"]),
    growth=st.sampled_from(["doubling", "once"]),
)
def test_a_cycle_starts_at_lr_max_and_only_falls_until_the_next(images, epochs, cycle, growth):
    choices = Choices(lr_policy="warm_restarts", cycle=cycle, batch_schedule="adabatch", growth=growth)
    plan = build_plan(choices, images, epochs)
    rates = [plan.learning_rate(step) for step in range(plan.total_steps)]
    restarts = plan.epoch_starts() if cycle == "epoch" else [phase.first_step for phase in plan.phases]
    for first, end in zip(restarts, [*restarts[1:], plan.total_steps], strict=True):
        assert rates[first] == choices.lr_max
        assert rates[first:end] == sorted(set(rates[first:end]), reverse=True)
        last = 0.5 * (1 + math.cos(math.pi * (end - first - 1) / (end - first)))
        assert rates[end - 1] == pytest.approx(1e-4 + 9e-4 * last, rel=1e-9, abs=0)


def test_with_one_batch_size_a_phase_is_the_whole_training():
    plan = build_plan(Choices(lr_policy="warm_restarts", cycle="phase", batch_size=10), 100, 4)
    rates = [plan.learning_rate(step) for step in range(40)]
    assert rates.count(1e-3) == 1
    assert rates[20] == pytest.approx(5.5e-4, rel=1e-12, abs=0)


@pytest.mark.parametrize(("cycle", "cycle_steps"), [("epoch", 13), ("phase", 52)])
def test_it_is_pytorchs_cosine_annealing_warm_restarts(torch_rates, cycle, cycle_steps):
    plan = build_plan(Choices(lr_policy="warm_restarts", cycle=cycle, batch_size=10), 130, 4)
    theirs = torch_rates("CosineAnnealingWarmRestarts", 52, 1e-3, T_0=cycle_steps, eta_min=1e-4)
    ours = [plan.learning_rate(step) for step in range(plan.total_steps)]
    assert ours == pytest.approx(theirs, rel=1e-12, abs=0)
