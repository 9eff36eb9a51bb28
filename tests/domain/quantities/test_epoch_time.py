import pytest
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.domain.quantities.epoch_time import EpochTime


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9))
def test_it_is_the_mean_of_the_epochs_up_to_the_best(learned, accuracies):
    assert EpochTime().of(learned(accuracies)) == pytest.approx(2.0)
