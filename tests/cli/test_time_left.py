from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.cli.epoch_weights import EpochWeights
from paretocaps.cli.time_left import Pace, TimeLeft
from paretocaps.domain.forecast import EpochForecast
from paretocaps.domain.nominal_seconds import nominal_seconds


@pytest.fixture
def left(clock):
    return TimeLeft(clock)


def train(left, clock, trial, seconds, *, steps=4, after=0.0):
    """Train one trial: its beginning takes `after` seconds, its steps the rest."""
    left.began((trial, 0))
    clock.now += after
    for step in range(1, steps + 1):
        clock.now += (seconds - after) / steps
        left.reached((trial, 0), 1, 1, step / steps if step < steps else 1.0)
    left.trial_ended(trial, whole=True)


def test_nothing_is_known_before_a_step_and_nothing_left_at_the_end(left, clock):
    assert left.left(10) is None
    left.began((0, 0))
    clock.now += 5
    left.reached((0, 0), 1, 10, 0.01)
    assert left.left(10) is None
    left.trial_ended(0, whole=True)
    assert left.left(0) == 0.0


def test_the_pace_within_an_epoch_tells_the_rest(left, clock):
    left.began((0, 0))
    clock.now += 5  # it prepares
    left.reached((0, 0), 1, 1, 0.0)
    clock.now += 10
    left.reached((0, 0), 1, 1, 0.1)
    assert left.left(1) == pytest.approx(90)


def test_what_a_worker_does_once_is_in_no_other_training(left, clock):
    left.began((0, 0))
    left.doing((0, 0), "starting worker")
    clock.now += 20
    left.doing((0, 0), "calibrating")
    clock.now += 20
    left.doing((0, 0), "waits for cpu")
    clock.now += 60
    left.doing((0, 0), "starting")
    clock.now += 10
    left.reached((0, 0), 1, 1)
    left.trial_ended(0, whole=True)
    assert left.left(5) == pytest.approx(50)


def test_what_is_left_does_not_halve_when_a_slow_trial_is_followed_by_quick_ones(left, clock):
    train(left, clock, 0, 100)
    shown = [left.left(23)]
    for trial in range(1, 6):
        train(left, clock, trial, 10)
        shown.append(left.left(23 - trial))
    assert shown[0] == pytest.approx(2300)
    assert all(after > 0.6 * before for before, after in pairwise(shown))
    assert shown[-1] < 0.75 * shown[0]


def test_it_ends_with_what_is_left_of_the_last_training(left, clock):
    for trial in range(3):
        train(left, clock, trial, 10)
    left.began((3, 0))
    shown = []
    for step in range(1, 100):
        clock.now += 0.1
        left.reached((3, 0), 1, 1, step / 100)
        shown.append(left.left(1))
    assert shown[50] == pytest.approx(4.9, abs=0.5)
    assert shown[-1] < 0.5


def test_trainings_side_by_side_share_the_time(left, clock):
    for seed in range(2):
        left.began((seed, 0))
    clock.now += 10
    for seed in range(2):
        left.reached((seed, 0), 1, 2)
    assert left.left(10) == pytest.approx((2 * 10 + 8 * 20) / 2)


def test_a_complete_seed_is_not_begun_again(left, clock):
    left.began((0, 0))
    clock.now += 10
    left.training_ended((0, 0))
    assert left.left(4) == pytest.approx(30)
    left.trial_ended(0, whole=True)


def test_a_stopped_training_counts_by_its_share(left, clock):
    left.began((0, 0))
    clock.now += 10
    left.reached((0, 0), 2, 8)
    left.trial_ended(0, whole=False)
    assert left.left(2) == pytest.approx(80)


def test_tuning_for_a_new_batch_size_slows_no_step_that_follows(left, clock):
    left.began((0, 0))
    for epoch in (1, 2):
        for step in range(1, 5):
            clock.now += 1
            left.reached((0, 0), epoch, 4, step / 4, took=4.0 if step == 4 else 0.0)
    assert left.left(1) == pytest.approx(8, rel=0.1)
    left.doing((0, 0), "tuning")
    clock.now += 20
    shown = [left.left(1)]
    for step in range(1, 5):
        clock.now += 1
        left.reached((0, 0), 3, 4, step / 4, took=4.0 if step == 4 else 0.0)
        shown.append(left.left(1))
    assert max(shown) <= 8
    assert shown[-1] == pytest.approx(4, abs=1)


def test_epochs_of_an_earlier_run_say_nothing_of_the_pace(left, clock):
    left.began((0, 0))
    clock.now += 3
    for epoch in range(1, 6):
        left.reached((0, 0), epoch, 10, took=4.0)
    assert left.left(1) is None
    clock.now += 4
    left.reached((0, 0), 6, 10, took=4.0)
    assert left.left(1) == pytest.approx(16)


# seconds of the steps of a recorded training on digits, by adabatch: three epochs at 1, 16 and 256 images
RECORDED = [[0.41] * 10, [0.062] * 8, [0.055] * 4]


def test_over_recorded_steps_and_replicates_what_is_left_neither_halves_nor_doubles(left, clock):
    shown = []
    for trial, seed in [(t, s) for t in range(3) for s in range(3)]:
        key = trial, seed
        left.began(key)
        for epoch, steps in enumerate(RECORDED, 1):
            left.doing(key, "tuning" if seed == 0 else "")
            clock.now += 2.0 * (seed == 0)
            for step, seconds in enumerate(steps, 1):
                clock.now += seconds
                took = sum(steps) if step == len(steps) else 0.0
                left.reached(key, epoch, 3, step / len(steps), took=took)
                shown.append((clock.now, left.left(9 - 3 * trial)))
        left.training_ended(key)
        if seed == 2:
            left.trial_ended(trial, whole=True)
    told = [(at, rest) for at, rest in shown if rest is not None and rest > 5]
    assert len(told) > 50
    for (before, first), (after, second) in pairwise(told):
        assert 0.75 < second / max(first - (after - before), 1.0) < 1.33


IMAGES = 54_000
ADABATCH = [1] * 2 + [16] * 3 + [32] * 3 + [64] * 4


def told(batches, images=IMAGES):
    return [EpochForecast(-(-images // size), {"step": 1.0, "images": size}) for size in batches]


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def rests(seconds, epochs, device="cpu", parts=2):
    """Train epochs of given seconds; yield what is estimated of the rest (or None), and the rest."""
    clock = Clock()
    pace = Pace(clock, EpochWeights(epochs, device))
    ends = [0.0, *accumulate(seconds)]
    for epoch, took in enumerate(seconds, 1):
        for part in range(parts + (epoch == 1)):
            within = (part + (epoch > 1)) / parts
            clock.now = ends[epoch - 1] + within * took
            pace.reached(epoch, len(seconds), within, took=took if within == 1.0 else 0.0)
            yield pace.rest, ends[-1] - clock.now


@given(st.lists(st.floats(0.1, 1000.0), min_size=1, max_size=12))
def test_of_equal_epochs_the_estimate_is_that_by_their_number(seconds):
    alike = told([128] * len(seconds))
    for (estimate, _), (before, _) in zip(rests(seconds, alike), rests(seconds, ()), strict=True):
        assert estimate == pytest.approx(before)


@given(scale=st.floats(0.01, 100.0), device=st.sampled_from(["cpu", "cuda"]))
def test_where_the_prediction_holds_the_rest_is_right_from_the_first_epoch_on(scale, device):
    epochs = told(ADABATCH)
    seconds = [scale * (nominal_seconds([one]) if device == "cpu" else one.steps) for one in epochs]
    known = [pair for pair in rests(seconds, epochs, device) if pair[0] is not None]
    assert len(known) >= 2 * len(epochs)
    for estimate, true in known:
        assert estimate == pytest.approx(true, rel=1e-6, abs=1e-6 * sum(seconds))


@given(
    each_image=st.floats(0.0, 1e-2),
    each_step=st.floats(1e-4, 1e-1),
    device=st.sampled_from(["cpu", "cuda"]),
)
def test_of_a_growing_batch_it_is_no_longer_than_by_their_number(each_image, each_step, device):
    epochs = told(ADABATCH)
    seconds = [each_image * IMAGES + each_step * one.steps for one in epochs]
    for (estimate, true), (by_number, _) in zip(
        rests(seconds, epochs, device), rests(seconds, ()), strict=True
    ):
        if estimate is not None and by_number is not None:
            assert estimate <= 1.05 * max(by_number, true)
        if estimate is not None and device == "cuda":  # no image takes longer in a larger batch
            assert estimate <= 1.05 * true


def test_trainings_that_have_not_begun_take_as_long_as_one_whose_batch_grows(left, clock):
    epochs = told(ADABATCH)
    seconds = [nominal_seconds([one]) for one in epochs]
    left.began((0, 0))
    left.told((0, 0), epochs, "cpu")
    left.reached((0, 0), 1, len(epochs), 0.0)
    clock.now += seconds[0] / 2
    left.reached((0, 0), 1, len(epochs), 0.5)
    assert left.left(10) == pytest.approx(10 * sum(seconds) - seconds[0] / 2)


def test_a_training_whose_batch_grows_and_that_was_stopped_counts_by_its_seconds(left, clock):
    epochs = told(ADABATCH)
    seconds = [nominal_seconds([one]) for one in epochs]
    left.began((0, 0))
    left.told((0, 0), epochs, "cpu")
    for epoch in range(1, 5):
        clock.now += seconds[epoch - 1]
        left.reached((0, 0), epoch, len(epochs), took=seconds[epoch - 1])
    left.trial_ended(0, whole=False)
    assert left.left(2) == pytest.approx(2 * sum(seconds))


def test_the_next_training_knows_what_the_last_one_has_shown(left, clock):
    epochs = told(ADABATCH)
    seconds = [0.4e-3 * one.steps * (1 + one.work["images"] / 60) for one in epochs]  # of a GPU
    for trial in (0, 1):
        left.began((trial, 0))
        left.told((trial, 0), epochs, "cpu")
        left.told((trial, 0), (), "cpu")  # what is told again changes nothing
        left.reached((trial, 0), 1, len(epochs), 0.0)
        clock.now += seconds[0] / 2
        left.reached((trial, 0), 1, len(epochs), 0.5)
        if trial == 0:
            clock.now += seconds[0] / 2
            left.reached((0, 0), 1, len(epochs), took=seconds[0])
            for epoch, took in enumerate(seconds[1:], 2):
                clock.now += took
                left.reached((0, 0), epoch, len(epochs), took=took)
            left.trial_ended(0, whole=True)
    assert left._running[1, 0].rest == pytest.approx(sum(seconds) - seconds[0] / 2, rel=1e-6)
