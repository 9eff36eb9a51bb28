import numpy as np
import pytest
from scipy.optimize import approx_fprime

from paretocaps.search.gaussian import GaussianProcesses, _Process

GENERATOR = np.random.default_rng(0)
ROWS = GENERATOR.random((40, 4))
SMOOTH = np.stack([2 * ROWS[:, 0] - ROWS[:, 1] ** 2, np.sin(3 * ROWS[:, 2])], axis=1)
COLUMNS = [1, 1, 2]


def test_smooth_values_are_predicted_closely_and_with_little_doubt():
    known, other = slice(30), slice(30, None)
    mean, deviation = GaussianProcesses(ROWS[known], COLUMNS, SMOOTH[known]).predict(ROWS[other])
    assert mean.shape == deviation.shape == (10, 2)
    assert np.abs(mean - SMOOTH[other]).max() < 0.05
    assert (deviation < 0.1).all()


def test_doubt_grows_away_from_what_is_known():
    near, far = ROWS[:1], ROWS[:1] + 3.0
    _, deviation = GaussianProcesses(ROWS, COLUMNS, SMOOTH).predict(np.concatenate([near, far]))
    assert (deviation[1] > 3 * deviation[0]).all()


def test_noise_is_not_followed():
    noisy = SMOOTH + 0.3 * GENERATOR.standard_normal(SMOOTH.shape)
    mean, _ = GaussianProcesses(ROWS, COLUMNS, noisy).predict(ROWS)
    assert np.abs(mean - SMOOTH).mean() < 0.7 * np.abs(noisy - SMOOTH).mean()


def test_what_does_not_vary_is_predicted_as_it_is():
    mean, deviation = GaussianProcesses(ROWS, COLUMNS, np.full((40, 1), 7.0)).predict(ROWS[:3])
    assert mean == pytest.approx(np.full((3, 1), 7.0), abs=1e-6)
    assert np.isfinite(deviation).all()


def test_another_unit_of_the_values_changes_nothing_else():
    mean, deviation = GaussianProcesses(ROWS, COLUMNS, SMOOTH).predict(ROWS[:5] + 0.1)
    other, wider = GaussianProcesses(ROWS, COLUMNS, 1000 * SMOOTH - 5).predict(ROWS[:5] + 0.1)
    assert other == pytest.approx(1000 * mean - 5, rel=1e-3, abs=1e-2)
    assert wider == pytest.approx(1000 * deviation, rel=1e-2)


@pytest.mark.parametrize("at", [-0.5, 0.3, 1.2])
def test_the_gradient_is_that_of_the_posterior(at):
    squares = GaussianProcesses(ROWS, COLUMNS, SMOOTH)._squares(ROWS)
    process = _Process(squares, (SMOOTH[:, 0] - SMOOTH[:, 0].mean()) / SMOOTH[:, 0].std())
    found = np.full(len(COLUMNS) + 2, at)
    estimated = approx_fprime(found, lambda one: process._loss(one)[0], 1e-6)
    assert process._loss(found)[1] == pytest.approx(estimated, rel=1e-3, abs=1e-3)
