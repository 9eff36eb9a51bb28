import pytest

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.errors import StorageError
from paretocaps.storage.decisions import Decision


@pytest.fixture
def key(store):
    store.start_trial("s", 0, {"batch_size": 1})
    return store.start_attempt("s", 0, 7)


def test_decisions_come_back_in_order(store, key):
    first = Decision(key, 2, "rungs", "go on", "no training beats it", {"trainings": 3})
    second = Decision(key, 4, "rungs", "stop", "beaten by trial 1")
    assert [store.decide(second), store.decide(first)] == [second, first]
    assert store.decisions("s") == store.decisions("s", 0) == [first, second]
    assert store.decisions("s", 1) == []


def test_a_stored_decision_is_never_revised(store, key):
    stop = Decision(key, 2, "rungs", "stop", "beaten by trial 1")
    store.decide(stop)
    assert store.decide(Decision(key, 2, "curves", "go on", "it may come to more")) == stop
    assert store.decisions("s") == [stop]


def test_a_decision_is_about_an_attempt(store, key):
    with pytest.raises(StorageError, match="there is no"):
        store.decide(Decision(AttemptKey("s", 0, 7, 2), 2, "rungs", "stop", "beaten"))
