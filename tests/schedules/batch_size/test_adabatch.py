from hypothesis import given, settings
from hypothesis import strategies as st

from paretocaps.domain.choices import Choices
from paretocaps.schedules.batch_size.adabatch import adabatch


def adabatch_choices(**values):
    return Choices(batch_schedule="adabatch", **values)


def test_growth_once_stays_at_two_to_the_p():
    phases = adabatch(adabatch_choices(growth="once"), images=1000, epochs=30)
    assert [(phase.first_epoch, phase.epochs, phase.batch_size) for phase in phases] == [
        (1, 3, 1),
        (4, 27, 16),
    ]


def test_equal_batch_sizes_are_still_phases_of_their_own():
    phases = adabatch(adabatch_choices(first_batch=16, growth="once"), images=100, epochs=5)
    assert [phase.batch_size for phase in phases] == [16, 16]


def test_the_largest_p_is_laid_out():
    phases = adabatch(adabatch_choices(adabatch_p=14), images=100_000, epochs=14)
    assert [phase.batch_size for phase in phases] == [1, 2**14, 2**15, 2**16]


@settings(deadline=None, max_examples=60)
@given(
    first_epochs=st.integers(1, 8),
    phase_epochs=st.integers(1, 8),
    p=st.integers(0, 10),
    epochs=st.integers(1, 40),
)
def test_doubling_follows_algorithm_3_at_every_epoch(first_epochs, phase_epochs, p, epochs):
    choices = adabatch_choices(first_epochs=first_epochs, phase_epochs=phase_epochs, adabatch_p=p)
    phases = adabatch(choices, 500, epochs)
    sizes = [phase.batch_size for phase in phases for _ in range(phase.epochs)]
    for epoch, size in enumerate(sizes, start=1):
        if epoch <= first_epochs:
            assert size == 1
        elif epoch <= first_epochs + phase_epochs:
            assert size == 2**p
        elif epoch <= first_epochs + 2 * phase_epochs:
            assert size == 2 ** (p + 1)
        else:
            assert size == 2 ** (p + 2)
