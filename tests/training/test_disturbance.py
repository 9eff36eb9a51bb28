import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.training.disturbance import WIDEST_SPREAD, Taken, disturbances


def laps(*steps):
    return [(one, float(one.sum())) for one in steps]


def test_a_quiet_training_is_not_flagged():
    assert disturbances(laps(np.full(50, 0.1)), Taken(0.05, 0.04)) == ()
    assert disturbances(laps(np.full(50, 0.1)), Taken(0.15, told=False)) == ()
    assert disturbances([]) == ()


def test_waiting_for_the_processor_is():
    (remark,) = disturbances(laps(np.full(50, 0.1)), Taken(0.5))
    assert remark == (
        "the machine was busy with something else: training waited for the processor for 50% of its 5 s"
    )


def test_what_the_host_of_a_virtual_machine_takes_adds_to_it():
    (remark,) = disturbances(laps(np.full(50, 0.1)), Taken(0.06, 0.08))
    assert remark == (
        "the machine was busy with something else: training waited for the processor for 6% of its 5 s,"
        " and the host of this virtual machine took 8%"
    )


def test_where_the_kernel_tells_nothing_the_thread_that_steps_does():
    (remark,) = disturbances(laps(np.full(50, 0.1)), Taken(0.5, told=False))
    assert remark == "the machine was busy with something else: training had the processor for 50% of its 5 s"


def test_a_moment_is_not_judged():
    assert disturbances(laps(np.full(3, 0.01)), Taken(1.0)) == ()


def test_a_device_whose_thread_says_nothing_is_told_by_the_spread_alone():
    steps = np.concatenate([np.full(40, 0.1), np.full(10, 0.35)])
    (remark,) = disturbances(laps(steps))
    assert remark == "step times spread widely: one in ten took over 0.35 s, 3.5 times the median"
    assert disturbances(laps(np.full(50, 0.1))) == ()


def test_few_steps_and_small_phases_do_not_count():
    wide = np.concatenate([np.full(15, 0.1), np.full(4, 1.0)])
    assert disturbances(laps(wide)) == ()
    longer = np.concatenate([wide, wide])
    assert disturbances(laps(longer)) != ()
    assert disturbances(laps(longer, np.full(2000, 0.1))) == ()


def test_a_phase_counts_by_its_seconds_not_by_its_laps():
    """A lap on a GPU is of many steps: the same laps, of ten steps each, are ten times the seconds."""
    wide, even = np.concatenate([np.full(30, 0.1), np.full(8, 1.0)]), np.full(2000, 0.1)
    assert disturbances([(wide, float(wide.sum())), (even, float(even.sum()))]) == ()
    assert disturbances([(wide, 10 * float(wide.sum())), (even, float(even.sum()))]) != ()


@given(st.floats(0.03, 10.0), st.floats(1.0, WIDEST_SPREAD - 0.01), st.integers(20, 200))
def test_no_spread_below_the_bound_is_flagged(median, spread, count):
    steps = np.full(count, median)
    steps[: count // 4] = median * spread
    assert disturbances(laps(steps)) == ()


@pytest.mark.parametrize("taken", [Taken(0.11), Taken(0.21, told=False)])
def test_both_reasons_are_said(taken):
    steps = np.concatenate([np.full(40, 0.1), np.full(10, 0.35)])
    assert len(disturbances(laps(steps), taken)) == 2
