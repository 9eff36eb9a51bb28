import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paretocaps.domain.choices import Choices
from paretocaps.schedules.plan import build_plan


def test_the_papers_rate_and_steps_are_the_defaults():
    named = Choices(lr_policy="exponential", decay_rate=0.96, decay_every=2000)
    default = Choices(lr_policy="exponential")
    named_rows, default_rows = (build_plan(choices, 5000, 3).rows() for choices in (named, default))
    assert named_rows == default_rows


@settings(deadline=None, max_examples=40)
@given(
    rate=st.floats(0.5, 1.0),
    every=st.integers(1, 5000),
    images=st.integers(2, 100),
    batch_schedule=st.sampled_from(["constant", "adabatch"]),
)
def test_every_step_decays_by_the_same_factor(rate, every, images, batch_schedule):
    choices = Choices(
        lr_policy="exponential", decay_rate=rate, decay_every=every, batch_schedule=batch_schedule
    )
    plan = build_plan(choices, images, 9)
    rates = [plan.learning_rate(step) for step in range(plan.total_steps)]
    assert rates[0] == choices.lr_max
    factor = rate ** (1 / every)
    for before, after in itertools.pairwise(rates):
        assert after == pytest.approx(before * factor, rel=1e-9, abs=0)


def test_it_is_pytorchs_exponential_lr_stepped_at_every_step(torch_rates):
    plan = build_plan(Choices(lr_policy="exponential", decay_rate=0.9, decay_every=7), 300, 3)
    theirs = torch_rates("ExponentialLR", plan.total_steps, 1e-3, gamma=0.9 ** (1 / 7))
    ours = [plan.learning_rate(step) for step in range(plan.total_steps)]
    assert ours == pytest.approx(theirs, rel=1e-12, abs=0)
