import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.training.disturbance import WIDEST_SPREAD, disturbances


def test_a_quiet_training_is_not_flagged():
    assert disturbances([np.full(50, 0.1)], wall=5.0, cpu=4.9) == ()
    assert disturbances([]) == ()


def test_waiting_for_the_processor_is():
    (remark,) = disturbances([np.full(50, 0.1)], wall=5.0, cpu=2.5)
    assert remark == "the machine was busy with something else: training had the processor for 50% of its 5 s"


def test_a_device_whose_thread_says_nothing_is_told_by_the_spread_alone():
    steps = np.concatenate([np.full(40, 0.1), np.full(10, 0.35)])
    (remark,) = disturbances([steps])
    assert remark == "step times spread widely: one in ten took over 0.35 s, 3.5 times the median"
    assert disturbances([np.full(50, 0.1)]) == ()


def test_few_steps_and_small_phases_do_not_count():
    wide = np.concatenate([np.full(15, 0.1), np.full(4, 1.0)])
    assert disturbances([wide]) == ()
    longer = np.concatenate([wide, wide])
    assert disturbances([longer]) != ()
    assert disturbances([longer, np.full(2000, 0.1)]) == ()


@given(st.floats(1e-4, 10.0), st.floats(1.0, WIDEST_SPREAD - 0.01), st.integers(20, 200))
def test_no_spread_below_the_bound_is_flagged(median, spread, count):
    steps = np.full(count, median)
    steps[: count // 4] = median * spread
    assert disturbances([steps]) == ()


@pytest.mark.parametrize("share", [0.2, 0.84])
def test_both_reasons_are_said(share):
    steps = np.concatenate([np.full(40, 0.1), np.full(10, 0.35)])
    assert len(disturbances([steps], wall=1.0, cpu=share)) == 2
