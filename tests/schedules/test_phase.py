import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paretocaps.schedules.phase import Phase, lay_out


def test_phases_follow_each_other_in_epochs_and_in_real_steps():
    assert lay_out([(1, 4), (3, 8)], images=10, epochs=5) == (
        Phase(first_epoch=1, epochs=2, batch_size=4, steps_per_epoch=3, first_step=0),
        Phase(first_epoch=3, epochs=3, batch_size=8, steps_per_epoch=2, first_step=6),
    )


def test_steps_and_end_step_count_the_whole_phase():
    phase = Phase(first_epoch=3, epochs=3, batch_size=8, steps_per_epoch=2, first_step=6)
    assert (phase.steps, phase.end_step) == (6, 12)


@pytest.mark.parametrize(("images", "steps"), [(1, 1), (7, 1), (8, 1), (9, 2), (16, 2), (17, 3)])
def test_a_ragged_last_batch_is_a_step_of_its_own(images, steps):
    (phase,) = lay_out([(1, 8)], images, epochs=1)
    assert phase.steps_per_epoch == steps


@pytest.mark.parametrize(("epochs", "lengths"), [(1, [1]), (2, [2]), (3, [2, 1]), (9, [2, 7])])
def test_a_shorter_training_truncates_the_schedule(epochs, lengths):
    assert [phase.epochs for phase in lay_out([(1, 4), (3, 8)], 10, epochs)] == lengths


def test_a_phase_is_frozen():
    (phase,) = lay_out([(1, 8)], 10, 1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        phase.batch_size = 16


@settings(deadline=None)
@given(
    later=st.lists(st.tuples(st.integers(2, 40), st.integers(1, 300)), max_size=5, unique_by=lambda s: s[0]),
    images=st.integers(1, 5000),
    epochs=st.integers(1, 45),
)
def test_every_epoch_and_every_step_belongs_to_exactly_one_phase(later, images, epochs):
    starts = [(1, 32), *sorted(later)]
    phases = lay_out(starts, images, epochs)
    covered = [e for p in phases for e in range(p.first_epoch, p.first_epoch + p.epochs)]
    assert covered == list(range(1, epochs + 1))
    assert [p.first_step for p in phases] == [0, *(p.end_step for p in phases[:-1])]
    assert [(p.first_epoch, p.batch_size) for p in phases] == starts[: len(phases)]
    for phase in phases:
        assert (phase.steps_per_epoch - 1) * phase.batch_size < images
        assert images <= phase.steps_per_epoch * phase.batch_size


@given(st.integers(1, 500), st.integers(1, 64), st.integers(1, 16))
def test_accumulating_counts_the_optimisers_steps(images, batch_size, accumulate):
    (phase,) = lay_out([(1, batch_size)], images, 1, accumulate)
    (as_many,) = lay_out([(1, batch_size * accumulate)], images, 1)
    assert phase.steps == as_many.steps
    assert phase.batch_size == batch_size
