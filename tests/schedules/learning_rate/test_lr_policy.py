import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paretocaps.schedules.learning_rate.lr_policy import between


@settings(deadline=None)
@given(st.floats(1e-12, 0.1), st.floats(1e-12, 0.1), st.floats(0.0, 1.0))
def test_between_is_exact_at_its_ends_and_never_beyond(a, b, share):
    low, high = sorted((a, b))
    assert between(low, high, 0.0) == low
    assert between(low, high, 1.0) == high
    assert low <= between(low, high, share) <= high


def test_between_is_linear():
    assert between(1e-4, 1e-3, 0.25) == pytest.approx(3.25e-4, rel=1e-12, abs=0)
