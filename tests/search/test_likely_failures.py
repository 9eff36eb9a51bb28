import pytest

from paretocaps.domain.space import Space
from paretocaps.search.encoding import Encoding
from paretocaps.search.likely_failures import LikelyFailures

SPACE = Space.parse({"rate": {"low": 1e-4, "high": 1.0, "log": True}, "kind": ["a", "b"]})
NAN = "the loss became nan in epoch 1: lower lr_max"


@pytest.fixture
def failures():
    found = LikelyFailures(Encoding(SPACE, {}))
    for trial, rate in enumerate((1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 2e-2)):
        found.finished(trial, {"rate": rate, "kind": "ab"[trial % 2]}, 1e6)
    return found


def test_what_is_like_diverged_trainings_is_likely_to_diverge(failures):
    for trial, rate in enumerate((0.3, 0.5), start=10):
        failures.failed(trial, {"rate": rate, "kind": "ab"[trial % 2]}, NAN, 1e6)
        assert not failures.why({"rate": 0.9, "kind": "a"}, 1e6)  # two may be chance
    failures.failed(12, {"rate": 0.8, "kind": "a"}, NAN, 1e6)
    assert failures.why({"rate": 0.9, "kind": "a"}, 1e6).startswith("it would diverge as 3 trials did")
    assert not failures.why({"rate": 5e-3, "kind": "a"}, 1e6)


def test_memory_that_was_lacking_is_lacking_again(failures):
    failures.failed(10, {}, "out of memory on cpu: use a smaller batch size", 5e6)
    assert failures.why({}, 6e6) == (
        "it needs about 6 MB of memory, and trial 10 failed for lack of it with 5 MB"
    )
    assert not failures.why({}, 4e6)
    failures.finished(11, {}, 7e6)  # what runs beside it has ended
    assert not failures.why({}, 6e6)


def test_other_failures_tell_nothing(failures):
    for trial in range(10, 20):
        failures.failed(trial, {"rate": 0.5, "kind": "a"}, "its worker was killed", 5e6)
    assert not failures.why({"rate": 0.5, "kind": "a"}, 5e6)
    assert not LikelyFailures(Encoding(SPACE, {})).why({"rate": 0.5}, None)
