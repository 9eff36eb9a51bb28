"""What every learning-rate policy promises, and that the registry is the list of the choice's values."""

import math
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paretocaps.domain.choices import Choices
from paretocaps.errors import UnknownNameError
from paretocaps.schedules.learning_rate.lr_policy import Moment
from paretocaps.schedules.learning_rate.policies import LEARNING_RATE_POLICIES

LOWEST = {"one_cycle": 0.1, "warm_restarts": 0.1}
"""The share of `lr_min` below which a policy never falls; the others may come down to 0, e.g. to warm up."""


@st.composite
def moments(draw):
    """Any step of any phase of any training."""
    steps_per_epoch = draw(st.integers(1, 60_000))
    epochs, first_epoch = draw(st.integers(1, 50)), draw(st.integers(1, 50))
    before, after = draw(st.integers(0, 10**6)), draw(st.integers(0, 10**6))
    phase_steps = steps_per_epoch * epochs
    phase_step = draw(st.integers(0, phase_steps - 1))
    return Moment(
        step=before + phase_step,
        total_steps=before + phase_steps + after,
        epoch=first_epoch + phase_step // steps_per_epoch,
        epoch_step=phase_step % steps_per_epoch,
        epoch_steps=steps_per_epoch,
        phase_step=phase_step,
        phase_steps=phase_steps,
    )


def test_the_registry_has_the_values_of_the_choice():
    assert list(LEARNING_RATE_POLICIES) == list(get_args(Choices.model_fields["lr_policy"].annotation))


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(UnknownNameError, match=r"unknown learning-rate policy 'no such' .*one_cycle"):
        LEARNING_RATE_POLICIES.get("no such")


@pytest.mark.parametrize("name", list(LEARNING_RATE_POLICIES))
@settings(deadline=None, max_examples=60)
@given(at=moments(), lr_max=st.floats(1e-6, 0.1), share=st.floats(1e-3, 1.0))
def test_a_policy_is_a_pure_function_within_its_bounds(name, at, lr_max, share):
    lr_min = {"lr_min": lr_max * share} if Choices(lr_policy=name).is_active("lr_min") else {}
    choices = Choices(lr_policy=name, lr_max=lr_max, **lr_min)
    policy = LEARNING_RATE_POLICIES.get(name)
    rate = policy(choices, at)
    assert isinstance(rate, float)
    assert rate == policy(choices, at)
    assert math.isfinite(rate)
    assert LOWEST.get(name, 0.0) * choices.lr_min <= rate <= lr_max


@pytest.mark.parametrize("name", list(LEARNING_RATE_POLICIES))
def test_a_policy_is_proportional_to_its_learning_rates(name):
    at = Moment(
        step=40, total_steps=100, epoch=3, epoch_step=5, epoch_steps=12, phase_step=29, phase_steps=48
    )
    policy = LEARNING_RATE_POLICIES.get(name)
    small = Choices(lr_policy=name, lr_max=1e-3)
    large = small.model_copy(update={"lr_max": 10 * small.lr_max, "lr_min": 10 * small.lr_min})
    assert policy(large, at) == pytest.approx(10 * policy(small, at), rel=1e-12, abs=0)
