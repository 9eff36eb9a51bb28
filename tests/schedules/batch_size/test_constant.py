import pytest

from paretocaps.domain.choices import Choices
from paretocaps.schedules.batch_size.constant import constant
from paretocaps.schedules.phase import Phase


@pytest.mark.parametrize(("batch_size", "steps"), [(1, 1000), (16, 63), (128, 8), (4096, 1)])
def test_one_phase_at_the_chosen_batch_size(batch_size, steps):
    phases = constant(Choices(batch_size=batch_size), images=1000, epochs=7)
    expected = Phase(first_epoch=1, epochs=7, batch_size=batch_size, steps_per_epoch=steps, first_step=0)
    assert phases == (expected,)
