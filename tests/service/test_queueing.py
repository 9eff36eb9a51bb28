import pytest

from paretocaps.errors import MissingError, StateError, StorageError
from paretocaps.service import queueing
from paretocaps.storage.store import Store


@pytest.fixture
def store(tmp_path):
    with Store.open(f"sqlite:///{tmp_path}/x.db", create=True) as opened:
        yield opened


def test_what_is_submitted_has_a_place_in_the_queue(store):
    for name in ("a", "b", "c"):
        queueing.submit("study", name, {"trials": 4}, store, owner="ann")
    assert queueing.submission("c", store).position == 3
    queueing.set_priority("c", 1, store)
    assert [one.study for one in queueing.submissions(store)] == ["c", "a", "b"]
    assert [one.position for one in queueing.submissions(store)] == [1, 2, 3]


def test_a_submission_is_paused_resumed_and_stopped(store):
    key = queueing.submit("study", "a", {}, store).id
    assert (queueing.pause("a", store).state, queueing.pause(key, store).position) == ("paused", None)
    assert queueing.resume("a", store).position == 1
    assert queueing.stop(key, store).state == "stopped"
    assert queueing.submissions(store) == []
    assert [one.state for one in queueing.submissions(store, all=True)] == ["stopped"]
    with pytest.raises(StateError):
        queueing.pause("a", store)


def test_the_name_of_a_study_means_the_submission_that_runs_it(store):
    queueing.stop(queueing.submit("study", "a", {}, store).id, store)
    latest = queueing.submit("study", "a", {}, store)
    queueing.submit("export", "a", {"trial": 0}, store)
    assert queueing.submission("a", store).id == latest.id
    with pytest.raises(MissingError, match="study 'b' was not submitted to the service"):
        queueing.submission("b", store)


def test_trials_are_raised_where_the_study_waits_and_else_submitted_again(store):
    queueing.submit("study", "a", {"trials": 4, "epochs": 2}, store)
    assert queueing.raise_trials("a", 9, store).options == {"trials": 9, "epochs": 2}
    store.create_study("run", {"study": "run", "trials": 4})
    assert queueing.raise_trials("run", 6, store).options == {"trials": 6}
    with pytest.raises(StorageError, match="no study 'other'"):
        queueing.raise_trials("other", 6, store)
