"""What every batch schedule promises, and that the registry is the list of the choice's values."""

import itertools
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paretocaps.domain.choices import Choices
from paretocaps.errors import UnknownNameError
from paretocaps.schedules.batch_size.schedules import BATCH_SCHEDULES


def test_the_registry_has_the_values_of_the_choice():
    assert list(BATCH_SCHEDULES) == list(get_args(Choices.model_fields["batch_schedule"].annotation))


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(UnknownNameError, match=r"unknown batch schedule 'adabach'.*'adabatch'"):
        BATCH_SCHEDULES.get("adabach")


@pytest.mark.parametrize("name", list(BATCH_SCHEDULES))
@settings(deadline=None, max_examples=40)
@given(images=st.integers(1, 100_000), epochs=st.integers(1, 60))
def test_a_batch_schedule_divides_any_training_without_gaps(name, images, epochs):
    choices = Choices(batch_schedule=name)
    phases = BATCH_SCHEDULES.get(name)(choices, images, epochs)
    assert phases == BATCH_SCHEDULES.get(name)(choices, images, epochs)
    assert (phases[0].first_epoch, phases[0].first_step) == (1, 0)
    assert sum(phase.epochs for phase in phases) == epochs
    for phase, following in itertools.pairwise(phases):
        assert following.first_epoch == phase.first_epoch + phase.epochs
        assert following.first_step == phase.end_step
    for phase in phases:
        assert phase.epochs >= 1
        assert (phase.steps_per_epoch - 1) * phase.batch_size < images
        assert images <= phase.steps_per_epoch * phase.batch_size
