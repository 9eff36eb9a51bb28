import pytest

from paretocaps.domain.failure import Failure
from paretocaps.search.known_trials import KnownTrials
from paretocaps.search.same_training import SameTraining
from paretocaps.storage.store import Store
from paretocaps.testing.probe import PROBE

SAME = SameTraining(PROBE, 2, None)


@pytest.fixture
def store(storage):
    with Store.open(storage, create=True) as opened:
        opened.create_study("s", {})
        opened.start_trial("s", 0, {"learning_rate": 0.1}, "slow")
        opened.start_trial("s", 1, {"learning_rate": 0.2}, "slow")
        opened.fail_trial("s", 1, Failure("killed", may_pass=True))
        yield opened


def key(rate):
    return SAME.key({"learning_rate": rate})


def test_it_knows_what_is_not_to_be_tried(store):
    known = KnownTrials(store, "s", SAME)
    assert known.states == {0: "running", 1: "failed"}
    assert known.seen == {key(0.1)}  # what failed in an earlier run may be tried again
    assert known.failed == {SAME.digest({"learning_rate": 0.2}): 1}
    assert (known.designs["slow"], known.again) == (2, {"slow"})
    assert known.counted == 1


def test_it_reads_what_others_change(store):
    known = KnownTrials(store, "s", SAME)
    assert known.update() == []
    store.start_trial("s", 2, {"learning_rate": 0.3})
    store.fail_trial("s", 2, Failure("bad"))
    store.interrupt_trial("s", 0)
    assert [trial.number for trial in known.update()] == [0, 2]
    assert known.states == {0: "interrupted", 1: "failed", 2: "failed"}
    assert key(0.3) in known.seen  # what fails in this run is not tried again
    assert (known.counted, known.counts["failed"]) == (1, 2)
    assert known.update() == []


def test_stopped_trials_count_and_rejected_ones_do_not(store):
    known = KnownTrials(store, "s", SAME)
    store.start_trial("s", 2, {"learning_rate": 0.3})
    store.stop_trial("s", 2, "beaten")
    known.update()
    assert (known.counted, known.stopped) == (2, [2])


def test_trials_of_older_versions_get_their_digests(store):
    KnownTrials(store, "s", SAME)
    _, trials = store.changes("s")
    assert [trial.training for trial in trials] == [SAME.digest(trial.choices) for trial in trials]
