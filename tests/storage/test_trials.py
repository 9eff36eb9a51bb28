from datetime import UTC

import pytest

from paretocaps.domain.failure import Failure
from paretocaps.errors import StorageError, UsageError


def test_a_trial_starts_running(store):
    store.start_trial("s", 0, {"b": 1, "a": 2}, "wab")
    trial = store.trial("s", 0)
    assert (trial.state, trial.choices, trial.design, trial.ended) == (
        "running",
        {"a": 2, "b": 1},
        "wab",
        None,
    )
    assert trial.created.tzinfo is UTC


def test_an_interrupted_trial_starts_again(store):
    store.start_trial("s", 0, {"a": 1})
    store.interrupt_trial("s", 0, "Ctrl-C")
    assert store.trial("s", 0).state == "interrupted"
    assert store.trial("s", 0).reason == "Ctrl-C"
    store.start_trial("s", 0, {"a": 1})
    again = store.trial("s", 0)
    assert (again.state, again.reason, again.ended) == ("running", None, None)


def test_the_attempts_of_a_finished_trial_can_be_interrupted(store, finish):
    finish(0, seed=1)
    store.start_attempt("s", 0, 2)
    store.interrupt_attempts("s", 0)
    trial = store.trial("s", 0)
    assert trial.state == "finished"
    assert [attempt.state for attempt in trial.attempts] == ["finished", "interrupted"]


def test_a_number_is_not_used_twice(store, finish):
    store.start_trial("s", 0, {"a": 1})
    finish(1)
    for number, choices in ((0, {"a": 2}), (1, {"batch_size": 2})):
        with pytest.raises(StorageError, match=f"already has a trial {number}"):
            store.start_trial("s", number, choices)


def test_choices_that_json_cannot_hold(store):
    with pytest.raises(UsageError, match="cannot be stored as JSON"):
        store.start_trial("s", 0, {"lr_max": float("nan")})
    assert store.trials("s") == []


def test_a_trial_is_finished_by_an_attempt(store, measure):
    store.start_trial("s", 0, {})
    attempt = store.start_attempt("s", 0, 0)
    with pytest.raises(StorageError, match="trial 0 of study 's' has no finished attempt"):
        store.finish_trial("s", 0)
    store.finish_attempt(attempt, measure())
    store.finish_trial("s", 0)
    ended = store.trial("s", 0).ended
    store.finish_trial("s", 0)
    assert store.trial("s", 0).ended == ended is not None


def test_a_failed_trial_takes_its_running_attempts_along(store, measure):
    store.start_trial("s", 0, {})
    done, running = store.start_attempt("s", 0, 1), store.start_attempt("s", 0, 2)
    store.finish_attempt(done, measure())
    store.fail_trial("s", 0, Failure("the loss is nan"))
    trial = store.trial("s", 0)
    assert (trial.state, trial.reason) == ("failed", "the loss is nan")
    assert [(a.key.seed, a.state, a.reason) for a in trial.attempts] == [
        (1, "finished", None),
        (2, "failed", "the loss is nan"),
    ]
    assert (running.seed, running.attempt) == (2, 1)


def test_a_finished_trial_stays_finished(store, finish):
    finish(0)
    for end, why in ((store.fail_trial, Failure("too late")), (store.interrupt_trial, "too late")):
        with pytest.raises(StorageError, match="trial 0 of study 's' is finished"):
            end("s", 0, why)
    assert store.trial("s", 0).state == "finished"


def test_a_missing_trial_is_said(store):
    with pytest.raises(StorageError, match=r"study 's' has no trial 3 \(it has none yet\)"):
        store.fail_trial("s", 3, Failure(""))
    store.start_trial("s", 1, {})
    with pytest.raises(StorageError, match=r"study 's' has no trial 3 \(the last one is 1\)"):
        store.trial("s", 3)


def test_counts_name_every_state(store, finish):
    assert store.counts("s") == {
        "running": 0,
        "finished": 0,
        "failed": 0,
        "interrupted": 0,
        "stopped": 0,
        "rejected": 0,
    }
    finish(0)
    store.start_trial("s", 1, {})
    assert store.counts("s") == {
        "running": 1,
        "finished": 1,
        "failed": 0,
        "interrupted": 0,
        "stopped": 0,
        "rejected": 0,
    }


def test_studies_do_not_see_each_other(store, finish):
    store.create_study("other", {})
    finish(0)
    store.start_trial("other", 0, {"z": 1})
    assert store.counts("other")["finished"] == 0
    assert [trial.choices for trial in store.trials("other")] == [{"z": 1}]
    assert [trial.state for trial in store.trials("s")] == ["finished"]
    assert [len(store.table(study, ["acc"])) for study in ("s", "other")] == [1, 0]
