import pytest

from paretocaps.errors import MissingError, StateError, StorageError, UsageError
from paretocaps.service import queueing
from paretocaps.service.quota import Quota
from paretocaps.storage.store import Store

STUDY = {"dataset": "digits", "trainer": "replay", "objectives": "acc,params", "trials": 4, "epochs": 5}


@pytest.fixture
def store(tmp_path):
    with Store.open(f"sqlite:///{tmp_path}/x.db", create=True) as opened:
        yield opened


@pytest.fixture
def submit(store, tmp_path):
    def of(study, kind="study", options=STUDY, **more):
        return queueing.submit(kind, study, options, store, places=queueing.Places(tmp_path), **more)

    return of


def test_what_is_submitted_has_a_place_in_the_queue(store, submit):
    for name in ("a", "b", "c"):
        submit(name, owner="ann")
    assert queueing.submission("c", store).position == 3
    queueing.set_priority("c", 1, store)
    assert [one.study for one in queueing.submissions(store)] == ["c", "a", "b"]
    assert [one.position for one in queueing.submissions(store)] == [1, 2, 3]


def test_a_submission_is_paused_resumed_and_stopped(store, submit):
    key = submit("a").id
    assert (queueing.pause("a", store).state, queueing.pause(key, store).position) == ("paused", None)
    assert queueing.resume("a", store).position == 1
    assert queueing.stop(key, store).state == "stopped"
    assert queueing.submissions(store) == []
    assert [one.state for one in queueing.submissions(store, all=True)] == ["stopped"]
    with pytest.raises(StateError):
        queueing.pause("a", store)


def test_the_name_of_a_study_means_the_submission_that_runs_it(store, submit):
    queueing.stop(submit("a").id, store)
    latest = submit("a")
    store.create_study("a", {"study": "a"})
    submit("a", "export", {"trial": 0})
    assert queueing.submission("a", store).id == latest.id
    with pytest.raises(MissingError, match="study 'b' was not submitted to the service"):
        queueing.submission("b", store)


def test_what_is_not_allowed_is_not_submitted(store, submit):
    with pytest.raises(UsageError, match="storage may not be set"):
        submit("a", options={**STUDY, "storage": "x.db"})
    with pytest.raises(StorageError, match="no study 'a'"):
        submit("a", "export", {"trial": 0})
    assert queueing.submissions(store, all=True) == []


def test_trials_are_raised_where_the_study_waits_and_else_submitted_again(store, submit, tmp_path):
    submit("a")
    assert queueing.raise_trials("a", 9, store).options == {**STUDY, "trials": 9}
    with pytest.raises(UsageError, match="trials=9: study 'a' is to have 9 already: give more"):
        queueing.raise_trials("a", 9, store)
    store.create_study("run", {**STUDY, "study": "run", "objectives": ["acc", "params"], "trials": 4})
    assert queueing.raise_trials("run", 6, store).options == {"trials": 6}
    with pytest.raises(StorageError, match="no study 'other'"):
        queueing.raise_trials("other", 6, store)


def test_a_study_that_runs_takes_its_further_trials_in_a_new_turn(store, submit):
    key = submit("a").id
    store.take_turn(key, "token", "here")
    found = queueing.raise_trials("a", 9, store)
    assert (found.options["trials"], store.submission(key).wanted) == (9, "queued")


def test_an_owner_trains_no_more_trials_than_the_quota(store, submit):
    quota = Quota(trials=10)
    submit("a", owner="ann", quota=quota)
    submit("b", owner="bob", quota=quota)
    key = submit("c", owner="ann", quota=quota).id
    with pytest.raises(
        StateError, match="the quota of 'ann' is 10 trials, of which 2 are left, and this asks for 4"
    ):
        submit("d", owner="ann", quota=quota)
    with pytest.raises(StateError, match="of which 2 are left, and this asks for 3"):
        queueing.raise_trials("a", 7, store, quota=quota)
    queueing.stop(key, store)  # what was not begun is given back
    assert submit("d", owner="ann", quota=quota).trials == 4


def test_an_owner_runs_no_longer_than_the_quota(store, submit):
    quota = Quota(hours=1.0)
    key = submit("a", owner="ann", quota=quota).id
    store.take_turn(key, "token", "here")
    store.beat_turn(key, "token", 3600.0)
    with pytest.raises(StateError, match="the quota of 'ann' is 1 hours, and 60 min were used"):
        submit("b", owner="ann", quota=quota)
