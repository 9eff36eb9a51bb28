import numpy as np
import pytest

from paretocaps.domain.space import Space
from paretocaps.search.best_accuracy import LEAST, BestAccuracy
from paretocaps.search.encoding import Encoding

SPACE = Space.parse({"rate": {"low": 0.0, "high": 1.0}, "kind": ["a", "b"]})


def curve(rate, noise=0.0):
    return [0.5 + 0.1 * rate + noise, 0.6 + 0.3 * rate + noise]


@pytest.fixture
def learned():
    best, generator = BestAccuracy(Encoding(SPACE, {}), 2), np.random.default_rng(0)
    for trial in range(60):
        rate = float(generator.random())
        best.note(trial, {"rate": rate, "kind": "ab"[trial % 2]}, curve(rate, generator.normal(0, 0.01)))
    return best


def test_nothing_is_known_from_few_trials():
    best = BestAccuracy(Encoding(SPACE, {}), 2)
    for trial in range(LEAST):
        assert best.upper({"rate": 0.1, "kind": "a"}) is None
        best.note(trial, {"rate": trial / LEAST, "kind": "a"}, [0.5])
    assert best.upper({"rate": 0.1, "kind": "a"}).tolist() == [0.5, 0.5]  # a shorter curve ends level


def test_it_is_above_almost_everything_that_may_come_but_not_far(learned):
    generator, exceeded = np.random.default_rng(1), 0
    for _ in range(100):
        rate = float(generator.random())
        upper = learned.upper({"rate": rate, "kind": "a"})
        exceeded += bool((np.array(curve(rate, generator.normal(0, 0.01))) > upper).any())
        assert (upper - curve(rate)).max() < 0.12
    assert exceeded <= 5


def test_it_is_at_most_1(learned):
    for trial in range(100, 200):
        learned.note(trial, {"rate": 1.0, "kind": "b"}, [0.99, 1.0])
    assert learned.upper({"rate": 1.0, "kind": "b"}).max() <= 1.0
