import pytest

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.domain.failure import Failure
from paretocaps.errors import StorageError
from paretocaps.host import NAME


def test_an_attempt_tells_from_which_it_went_on_and_why_it_failed(store):
    store.start_trial("s", 0, {})
    first = store.start_attempt("s", 0, 7)
    store.fail_attempt(first, Failure("killed", may_pass=True))
    second = store.start_attempt("s", 0, 7)
    store.resume_attempt(second, first.attempt)
    store.fail_attempt(second, Failure("diverged"))
    store.start_attempt("s", 0, 7)
    attempts = store.trial("s", 0).attempts
    assert [attempt.resumed_from for attempt in attempts] == [None, 1, None]
    assert [attempt.may_pass for attempt in attempts] == [True, False, None]
    assert store.earlier_folders(second) == {1: store.attempt_folder(first)}


def test_an_attempt_of_another_machine_is_earlier_only_where_its_job_is_found(store, write_job, monkeypatch):
    store.start_trial("s", 0, {"a": 1})
    first, second = (store.start_attempt("s", 0, 7) for _ in range(2))
    monkeypatch.setenv(NAME, "second")
    assert store.earlier_folders(second) == {}
    write_job(store.attempt_folder(first), seed=7, choices={"a": 1})
    assert store.earlier_folders(second) == {1: store.attempt_folder(first)}


def test_an_attempt_got_further_by_an_epoch_that_no_earlier_one_had(store, measure):
    records = measure(epochs=3).epochs
    store.start_trial("s", 0, {})
    store.start_trial("s", 1, {})
    store.record_epochs([(store.start_attempt("s", 1, 7), records[2])])  # of another trial
    store.record_epochs([(store.start_attempt("s", 0, 8), records[2])])  # of another seed
    reached = []
    for epochs in (records[:1], (), records[:1], records[:2], records):
        key = store.start_attempt("s", 0, 7)
        for record in epochs:
            store.record_epochs([(key, record)])
        reached.append(store.got_further(key))
    assert reached == [True, False, False, True, True]


def test_an_attempt_that_is_not_there_is_refused(store):
    store.start_trial("s", 0, {})
    for operation in (store.got_further, lambda key: store.resume_attempt(key, 1)):
        with pytest.raises(StorageError, match="there is no attempt 2"):
            operation(AttemptKey("s", 0, 7, 2))


def test_a_finished_attempt_is_not_gone_on_from(store, measure):
    store.start_trial("s", 0, {})
    first = store.start_attempt("s", 0, 7)
    store.finish_attempt(first, measure())
    assert store.earlier_folders(store.start_attempt("s", 0, 7)) == {}
