import numpy as np
import pytest

from paretocaps.domain.forecast import EpochForecast
from paretocaps.domain.trainer import CheckedData
from paretocaps.replay.table import read
from paretocaps.search.training_times import LEAST, TrainingTimes
from paretocaps.training.forecast import forecasting

RATES = {"step": 2e-3, "images": 1e-5, "macs": 3e-9}


def epochs(images, macs=1e5, steps=10, count=3):
    work = {"step": 1.0, "images": float(images), "macs": images * macs}
    return [EpochForecast(steps, work)] * count


def seconds(of, factor=1.0):
    return [one.steps * factor * sum(RATES[kind] * n for kind, n in one.work.items()) for one in of]


@pytest.fixture
def times():
    return TrainingTimes()


def noted(times, factor=lambda images: 1.0):
    for trial, images in enumerate((1, 4, 8, 16, 32, 64, 128, 2, 100, 50)):
        own = epochs(images, 1e5 * (1 + trial % 3), steps=1 + trial)
        times.note(trial, own, seconds(own, factor(images)))
    return times


def test_nothing_is_predicted_from_few_trials(times):
    for trial in range(LEAST):
        assert times.predict(epochs(4)) is None
        times.note(trial, epochs(4), seconds(epochs(4)))
    assert times.predict(epochs(4))[-1] == pytest.approx(sum(seconds(epochs(4))))
    assert times.predict([]) is None
    assert times.error is None


def test_times_that_are_sums_over_the_work_are_predicted_exactly(times):
    other = epochs(24, 2.5e5, steps=7)
    assert noted(times).predict(other) == pytest.approx(np.cumsum(seconds(other)), rel=1e-6)
    assert times.error.most < 1e-6


def test_what_the_sum_misses_is_learned_from_near_trainings(times):
    other = epochs(12, 1.5e5)
    found = noted(times, lambda images: 1.5 if images < 30 else 1.0).predict(other)[-1]
    assert found == pytest.approx(1.5 * sum(seconds(other)), rel=0.15)


def test_rescaling_time_rescales_what_is_predicted(times):
    other = noted(TrainingTimes(), lambda images: 60.0)
    asked = epochs(24, 2e5)
    assert other.predict(asked) == pytest.approx(60 * noted(times).predict(asked))


def test_the_error_is_that_of_trials_that_were_left_out(times):
    generator = np.random.default_rng(0)
    for trial in range(40):
        own = epochs(int(generator.integers(1, 128)), float(generator.integers(1, 5)) * 1e5)
        times.note(trial, own, seconds(own, float(generator.lognormal(0, 0.1))))
    assert 0.03 < times.error.median < 0.15
    assert times.error.median < times.error.most < 0.35
    first = times.error
    times.note(40, epochs(64, 2e5), [9.0, 9.0, 9.0])
    assert times.error == first != times.latest_error == times.error
    assert str(times.error).startswith(f"{times.error.median:.1%} off (median), 9 in 10 at most")


def test_epochs_without_work_or_seconds_are_not_used(times):
    times.note(0, [EpochForecast(3, {})], [1.0])
    times.note(1, epochs(4), [0.0, 1.0, 1.0])
    times.note(2, epochs(4), [])
    assert len(times) == 0


def test_times_of_recorded_designs_are_predicted_from_others(times):
    table = read("digits")
    forecast = forecasting(CheckedData(reading=table.card.reading), table.card.epochs, 1)
    for number, choices in enumerate(table.designs.values()):
        epochs = table.measurement(choices, table.card.seeds[0]).epochs
        times.note(number, forecast(choices).epochs, [one.cpu_seconds or one.seconds for one in epochs])
    assert len(times) >= 40
    assert times.error.median <= 0.1
    assert times.error.most <= 0.25
