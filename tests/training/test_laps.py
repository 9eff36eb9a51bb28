import torch

from paretocaps.training.laps import Charges, Phase


def charged(charges: Charges) -> dict[int, float]:
    totals: dict[int, float] = {}
    for epoch, seconds in charges.by_epoch():
        totals[epoch] = totals.get(epoch, 0.0) + seconds
    return totals


def test_the_first_laps_cost_the_median_of_the_others():
    charges = Charges(warmup=2)
    assert [charges.add(1, 1, seconds) for seconds in (9.0, 8.0, 1.0, 2.0, 3.0)] == [True, True, *[False] * 3]
    assert charged(charges) == {1: 2 * 2.0 + 6.0}
    assert charges.seconds == 6.0


def test_the_first_lap_of_a_smaller_batch_costs_what_the_fastest_other_one_does():
    charges = Charges(warmup=1)
    for epoch, smaller in ((1, 9.0), (2, 0.3), (3, 0.2)):
        assert charges.add(epoch, 1, 1.0) == (epoch == 1)
        charges.add(epoch, 2, 2.0)
        assert charges.add(epoch, 1, smaller, smaller=True) == (epoch == 1)
    assert charged(charges) == {1: 1.0 + 2.0 + 0.2, 2: 1.0 + 2.0 + 0.3, 3: 1.0 + 2.0 + 0.2}
    assert charges.settled.tolist() == [1.0] * 5
    later = Charges(warmup=1)
    later.restore(charges.state(), warmup=1)
    later.add(4, 1, 8.0)
    later.add(4, 1, 8.0, smaller=True)  # a new process chooses again
    assert charged(later) == charged(charges) | {4: 1.0 + 0.2}


def test_smaller_batches_that_take_longer_than_captured_steps_cost_that_in_each_epoch():
    charges = Charges(warmup=0)
    for epoch, smaller in ((1, 9.0), (2, 3.0)):
        charges.add(epoch, 1, 1.0)
        charges.add(epoch, 1, smaller, smaller=True)
    assert charged(charges) == {1: 1.0 + 3.0, 2: 1.0 + 3.0}


def test_the_only_lap_of_a_smaller_batch_costs_the_median_at_most():
    for measured, expected in ((9.0, 1.0), (0.2, 0.2)):
        charges = Charges(warmup=0)
        charges.add(1, 1, 1.0)
        charges.add(1, 1, measured, smaller=True)
        assert charged(charges) == {1: 1.0 + expected}


def test_where_every_batch_is_smaller_the_first_costs_what_the_fastest_does():
    charges = Charges(warmup=1)
    for epoch, seconds in ((1, 9.0), (2, 0.5), (3, 0.2), (4, 0.3)):
        charges.add(epoch, 1, seconds, smaller=True)
    assert charged(charges) == {1: 0.2, 2: 0.2, 3: 0.2, 4: 0.3}


def test_cpu_seconds_are_charged_as_wall_seconds_are():
    phase = Phase(warmup=1)
    for wall, cpu in ((9.0, 12.0), (1.0, 2.0), (1.0, 2.0)):
        phase.add(1, 1, wall, cpu, thread=wall / 2)
    assert charged(phase.wall) == {1: 3.0}
    assert phase.cpu is not None
    assert charged(phase.cpu) == {1: 6.0}
    assert phase.thread == 1.0  # without the lap that warmed up


def test_a_phase_goes_on_from_its_state():
    phase, later = Phase(warmup=1), Phase(warmup=1)
    for _ in range(3):
        phase.add(1, 1, 1.0, 2.0, 0.5)
    later.restore(phase.state(), warmup=1)
    later.add(2, 1, 7.0, 7.0, 7.0)  # warms up the new process
    later.add(2, 1, 1.0, 2.0, 0.5)
    assert later.cpu is not None
    assert charged(later.wall) == {1: 3.0, 2: 2.0}
    assert charged(later.cpu) == {1: 6.0, 2: 4.0}
    assert later.thread == 1.5


def test_a_phase_of_a_version_that_counted_no_cpu_seconds_has_none():
    old = {"warming": [(1, 1, 2.0)], "settled": torch.ones(3), "sums": {1: 3.0}, "seconds": 3.0, "cpu": 2.5}
    phase = Phase(warmup=1)
    phase.restore(old, warmup=1)
    phase.add(2, 1, 1.0, 1.0, 1.0)
    assert phase.cpu is None
    assert charged(phase.wall) == {1: 4.0, 2: 1.0}
    assert phase.thread == 2.5
