from dataclasses import replace

import pytest

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.domain.failure import Failure
from paretocaps.errors import StorageError
from paretocaps.storage.claims import NewTrial


@pytest.fixture
def drivers(store):
    """Two drivers of one study."""
    for token in "ab":
        store.register_driver("s", token, "host", 7)
    return store.as_driver("a"), store.as_driver("b")


def new(number, training=None, **changes):
    training = training or f"training {number}"
    trial = NewTrial(number, {"a": training}, None, training, failed=0, seed=5, total=3)
    return replace(trial, **changes)


def test_a_new_trial_begins_with_its_first_attempt(drivers, store):
    a, _ = drivers
    assert a.claim_new("s", new(0, design="wab")).key == AttemptKey("s", 0, 5, 1)
    trial = store.trial("s", 0)
    assert (trial.state, trial.design, trial.choices) == ("running", "wab", {"a": "training 0"})
    assert [(one.key.seed, one.state) for one in trial.attempts] == [(5, "running")]
    _, (known,) = store.changes("s")
    assert (known.driver, known.training) == ("a", "training 0")


def test_a_study_gets_no_trial_too_many(drivers, store):
    a, b = drivers
    a.claim_new("s", new(0))
    b.claim_new("s", new(1))
    a.interrupt_trial("s", 0)
    b.claim_new("s", new(2))
    assert a.claim_new("s", new(3)) == "full"
    b.fail_trial("s", 1, Failure("bad"))
    assert a.claim_new("s", new(3)).key == AttemptKey("s", 3, 5, 1)
    assert a.claim_new("s", new(4)) == "full"
    assert [trial.number for trial in store.trials("s")] == [0, 1, 2, 3]


def test_nothing_is_trained_twice(drivers, store):
    a, b = drivers
    a.claim_new("s", new(0, "same"))
    assert b.claim_new("s", new(1, "same")) == "seen"
    a.fail_trial("s", 0, Failure("bad"))
    assert b.claim_new("s", new(1, "same")) == "seen"  # it has failed since b looked
    assert b.claim_new("s", new(1, "same", failed=1)).key == AttemptKey("s", 1, 5, 1)


def test_two_drivers_that_got_one_number_from_optuna_do_not_both_train_it(drivers, store):
    a, b = drivers
    begun = a.claim_new("s", new(0))
    assert b.claim_new("s", new(0)) == "taken"
    assert a.claim_new("s", new(0)) == begun  # the answer to its first try was lost
    assert len(store.trial("s", 0).attempts) == 1


def test_a_trial_of_a_dead_driver_is_taken_over_once(drivers, store):
    a, b = drivers
    a.claim_new("s", new(0))
    assert not b.claim("s", 0)
    assert store.unowned("s") == []
    assert store.others_at_work("s", "b")
    store.end_driver("a")
    assert not store.others_at_work("s", "b")
    assert store.unowned("s") == [0]
    assert b.claim("s", 0)
    assert store.unowned("s") == []
    store.register_driver("s", "c", "host", 7)
    assert not store.as_driver("c").claim("s", 0)


def test_an_interrupted_trial_belongs_to_nobody_and_runs_again_when_claimed(drivers, store):
    a, b = drivers
    a.claim_new("s", new(0))
    a.interrupt_trial("s", 0, "Ctrl-C")
    assert store.unowned("s") == [0]
    assert b.claim("s", 0)
    trial = store.trial("s", 0)
    assert (trial.state, trial.ended, trial.reason) == ("running", None, None)


def test_a_trial_is_owned_until_it_is_told(drivers, store, measure):
    a, b = drivers
    for number in (0, 1):
        a.finish_attempt(a.claim_new("s", new(number)).key, measure(), last=True)
    a.release("s", [0])
    b.release("s", [1])  # which is not its own
    assert store.unowned("s") == []
    store.end_driver("a")
    assert store.unowned("s") == [1]
    assert b.claim("s", 1)
    assert store.trial("s", 1).state == "finished"


def test_trials_of_older_versions_are_taken_over_and_told_what_they_train(store, drivers):
    store.start_trial("s", 0, {"a": 1})
    assert store.unowned("s") == [0]
    a, b = drivers
    a.record_trainings("s", {0: "one"})
    assert b.claim_new("s", new(1, "one")) == "seen"


def test_an_unknown_study_is_named(store):
    with pytest.raises(StorageError, match="no study 'x'"):
        store.claim_new("x", new(0))
