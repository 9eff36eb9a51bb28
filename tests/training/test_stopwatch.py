from collections.abc import Callable, Iterator
from itertools import chain, repeat

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.training.disturbance import Taken
from paretocaps.training.stopwatch import Stopwatch
from paretocaps.training.taken_time import TakenTime

CPU = torch.device("cpu")


def clock_of(durations: list[float]) -> Callable[[], float]:
    """A clock on which each lap takes the next of `durations`, and nothing else takes time."""
    now = 0.0

    def readings() -> Iterator[float]:
        nonlocal now
        for duration in durations:
            yield now
            now += duration
            yield now

    source = chain(readings(), repeat(0.0))
    return lambda: next(source)


def timed(phases: list[list[float]], warmup: int = 1) -> dict[int, float]:
    """Charge each phase's laps, of one step, to the epoch of its number."""
    watch = Stopwatch(CPU, warmup, clock_of([lap for phase in phases for lap in phase]))
    for epoch, laps in enumerate(phases, start=1):
        watch.start_phase()
        for _ in laps:
            with watch.lap(epoch):
                pass
    return watch.seconds()


def test_warm_up_steps_cost_their_phases_median() -> None:
    assert timed([[9.0, 1.0, 2.0, 3.0]]) == {1: 2.0 + 6.0}
    assert timed([[0.0, 1.0, 1.0]]) == {1: 3.0}


def test_a_phase_of_warm_up_only_costs_what_its_fastest_step_does() -> None:
    assert timed([[9.0], [5.0, 1.0]]) == {1: 9.0, 2: 2.0}
    assert timed([[9.0, 2.0, 3.0]], warmup=3) == {1: 6.0}


def test_a_lap_that_is_not_typical_is_charged_and_left_out_of_the_median() -> None:
    watch = Stopwatch(CPU, 1, clock_of([9.0, 1.0, 7.0, 1.0]))
    watch.start_phase()
    for typical in (True, True, False, True):
        with watch.lap(1, typical=typical):
            pass
    assert watch.seconds() == {1: 1.0 + 9.0}
    assert watch.typical_step() == 1.0


def test_many_phases_get_no_free_steps() -> None:
    """The same steps cost the same, cut into however many phases."""
    whole, cut = timed([[1.0] * 12]), timed([[1.0] * 3] * 4)
    assert sum(whole.values()) == sum(cut.values()) == 12.0


def test_laps_of_several_steps_are_charged_by_the_step() -> None:
    watch = Stopwatch(CPU, 1, clock_of([50.0, 4.0, 2.0]))
    watch.start_phase()
    for steps in (8, 4, 2):
        with watch.lap(1, steps):
            pass
    assert watch.seconds() == {1: 8.0 + 4.0 + 2.0}


def test_a_later_epoch_of_a_phase_settles_its_warm_up() -> None:
    watch = Stopwatch(CPU, 1, clock_of([9.0, 1.0, 1.0]))
    watch.start_phase()
    with watch.lap(1):
        pass
    assert watch.seconds() == {1: 9.0}
    for _ in range(2):
        with watch.lap(2):
            pass
    assert watch.seconds() == {1: 1.0, 2: 2.0}


@given(st.lists(st.lists(st.floats(0.001, 10.0), min_size=2, max_size=8), min_size=1, max_size=5))
def test_only_the_first_lap_of_a_phase_is_charged_otherwise(phases: list[list[float]]) -> None:
    charged = timed(phases)
    for epoch, laps in enumerate(phases, start=1):
        settled = laps[1:]
        assert charged[epoch] >= sum(settled) + min(settled) - 1e-6
        assert charged[epoch] <= sum(settled) + max(settled) + 1e-6


def test_a_real_clock_measures_what_is_inside_the_lap_only() -> None:
    watch = Stopwatch(CPU)
    watch.start_phase()
    matrix = torch.ones(200, 200)
    for _ in range(3):
        with watch.lap(1):
            matrix @ matrix
    inside = watch.seconds()[1]
    assert inside > 0.0
    matrix @ matrix
    assert watch.seconds()[1] == pytest.approx(inside)


def untold() -> TakenTime:
    """What a kernel tells that tells nothing."""
    return TakenTime(lambda: None)


def test_a_thread_that_waits_for_the_processor_is_noticed() -> None:
    watch = Stopwatch(CPU, 1, clock_of([1.0] * 4), thread_clock=clock_of([0.5] * 4), taken=untold())
    watch.start_phase()
    for _ in range(4):
        with watch.lap(1):
            pass
    (remark,) = watch.disturbances()
    assert "50% of its 3 s" in remark
    assert watch.taken() == Taken(0.5, told=False)


def test_a_thread_that_runs_is_left_in_peace() -> None:
    watch = Stopwatch(CPU, 1, clock_of([1.0] * 4), thread_clock=clock_of([0.95] * 4), taken=untold())
    watch.start_phase()
    for _ in range(4):
        with watch.lap(1):
            pass
    assert watch.disturbances() == ()
    assert Stopwatch(CPU).disturbances() == ()


def test_what_the_kernel_tells_counts_more_than_what_the_thread_ran() -> None:
    told = TakenTime(lambda: None, seconds=4.0, waited=1.0, stolen=1.0, wanted=8.0)
    watch = Stopwatch(CPU, 1, clock_of([1.0] * 4), thread_clock=clock_of([0.1] * 4), taken=told)
    watch.start_phase()
    for _ in range(4):
        with watch.lap(1):
            pass
    assert watch.taken() == Taken(0.25, 0.125)
    (remark,) = watch.disturbances()
    assert "for 25% of its 3 s, and the host of this virtual machine took 12%" in remark


def test_cpu_seconds_of_all_threads_are_charged_by_epoch() -> None:
    watch = Stopwatch(CPU, 1, clock_of([9.0, 1.0, 1.0]), clock_of([12.0, 2.0, 3.0]))
    watch.start_phase()
    for epoch in (1, 1, 2):
        with watch.lap(epoch):
            pass
    assert watch.seconds() == {1: 2.0, 2: 1.0}
    assert watch.cpu_seconds() == {1: 4.5, 2: 3.0}


def test_a_training_that_an_older_version_began_has_no_cpu_seconds() -> None:
    watch, later = Stopwatch(CPU, 1), Stopwatch(CPU, 1)
    watch.start_phase()
    for _ in range(2):
        with watch.lap(1):
            pass
    state = watch.state()
    older = [{name: value for name, value in phase.items() if name != "process"} for phase in state["phases"]]
    later.restore(older)
    assert later.seconds() == watch.seconds()
    assert later.cpu_seconds() is None


def test_a_typical_step_is_the_median_of_the_present_phase() -> None:
    watch = Stopwatch(CPU, 1, clock_of([9.0, 9.0, 50.0, 1.0, 4.0, 3.0]))
    for laps in (2, 4):
        watch.start_phase()
        for _ in range(laps):
            with watch.lap(1):
                pass
    assert watch.typical_step() == 3.0


def test_a_thread_that_waits_for_other_processes_says_nothing_of_its_device() -> None:
    for waits, busy in ((False, True), (True, False)):
        watch = Stopwatch(CPU, 0, clock_of([1.0]), thread_clock=clock_of([0.1]), waits=waits, taken=untold())
        watch.start_phase()
        with watch.lap(1):
            pass
        assert bool(watch.disturbances()) is busy


def test_a_later_process_goes_on_in_the_last_phase_and_warms_up_again() -> None:
    watch = Stopwatch(CPU, 1, clock_of([9.0, 1.0, 1.0]))
    watch.start_phase()
    for _ in range(3):
        with watch.lap(1):
            pass
    later = Stopwatch(CPU, 1, clock_of([7.0, 1.0]))
    later.restore(watch.state())
    for _ in range(2):
        with later.lap(2):
            pass
    assert later.seconds() == {1: 3.0, 2: 2.0}
