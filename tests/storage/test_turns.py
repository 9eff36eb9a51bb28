from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from paretocaps.storage.schema import now
from paretocaps.storage.store import Store
from paretocaps.storage.submissions import NewSubmission
from paretocaps.storage.turns import TurnLostError

MOST = 2


@pytest.fixture
def key(store):
    return store.add_submission(NewSubmission("study", "s", {})).id


@pytest.fixture
def running(store, key):
    store.take_turn(key, "a", "here")
    store.join_turn(key, "a", 77)
    return key


def test_one_of_two_takes_a_turn(store, key):
    assert store.take_turn(key, "a", "here")
    assert store.take_turn(key, "a", "here"), "the answer to the first try was lost"
    assert not store.take_turn(key, "b", "there")
    found = store.submission(key)
    assert (found.state, found.driver, found.host, found.pid) == ("running", "a", "here", None)
    assert found.started is not None


def test_of_services_at_once_one_takes_each_turn_on_a_server(server):
    server.psql("CREATE DATABASE turns;")
    url = server.get_uri(database="turns").replace("postgresql:", "postgresql+psycopg:")
    with Store.open(url, create=True) as first, Store.open(url, create=False) as second:
        keys = [first.add_submission(NewSubmission("export", "s", {})).id for _ in range(20)]

        def take(store, token):
            return [key for key in keys if store.take_turn(key, f"{token}-{key}", token)]

        with ThreadPoolExecutor() as pool:
            taken = list(pool.map(take, (first, second), ("a", "b")))
        assert sorted(taken[0] + taken[1]) == keys
        events = [event.payload["state"] for event in first.events("s")]
        assert events.count("running") == len(keys)


def test_a_process_joins_its_turn_and_shows_that_it_lives(store, running):
    assert store.submission(running).pid == 77
    assert store.beat_turn(running, "a", 2.5) is None
    store.beat_turn(running, "a", 1.0)
    store.want(running, "paused")
    assert store.beat_turn(running, "a", 0.5) == store.wanted(running, "a") == "paused"
    found = store.submission(running)
    assert (found.beat, found.seconds, found.turn) == (4, 4.0, 4.0)


def test_who_lost_a_turn_may_do_nothing(store, running):
    assert store.lose_turn(running, "a", MOST, "its machine was silent")
    for act in (
        lambda: store.join_turn(running, "a", 77),
        lambda: store.beat_turn(running, "a", 1.0),
        lambda: store.wanted(running, "a"),
    ):
        with pytest.raises(TurnLostError):
            act()
    assert not store.end_turn(running, "a", "ended")
    assert store.submission(running).state == "queued"


@pytest.mark.parametrize("wanted", ["paused", "stopped", None])
def test_what_is_interrupted_becomes_what_it_was_asked_to_become(store, running, wanted):
    if wanted:
        store.want(running, wanted, "because")
    assert store.end_turn(running, "a", "interrupted")
    found = store.submission(running)
    assert found.state == (wanted or "queued")
    assert (found.ended is not None) == (wanted == "stopped")
    assert found.driver is found.wanted is found.pid is None
    assert found.served is not None


def test_what_ended_has_its_result_whatever_it_was_asked(store, running):
    store.want(running, "paused")
    store.end_turn(running, "a", "ended", result={"finished": 3})
    found = store.submission(running)
    assert (found.state, found.wanted, found.result) == ("ended", None, {"finished": 3})
    assert not store.end_turn(running, "a", "failed")


def test_seconds_add_up_over_turns(store, running):
    store.beat_turn(running, "a", 5.0)
    store.end_turn(running, "a", "interrupted")
    store.take_turn(running, "b", "here")
    store.beat_turn(running, "b", 2.0)
    found = store.submission(running)
    assert (found.seconds, found.turn) == (7.0, 2.0)


def lose(store, key, token="a"):
    store.take_turn(key, token, "here")
    store.lose_turn(key, token, MOST, "process 77 died")
    return store.submission(key)


def test_a_process_that_dies_again_and_again_ends_the_submission(store, key):
    assert (lose(store, key).state, lose(store, key, "b").state) == ("queued", "failed")
    assert store.submission(key).reason == "process 77 died, 2 times in a row without any progress"


@pytest.mark.parametrize(
    ("kind", "payload"), [("epoch", {"epoch": 1}), ("trial", {"trial": 0, "state": "failed"})]
)
def test_deaths_with_progress_between_them_are_not_counted(store, key, kind, payload):
    lose(store, key)
    store.take_turn(key, "b", "here")
    store.notify("s", kind, payload)
    store.lose_turn(key, "b", MOST, "process 78 died")
    assert (store.submission(key).state, store.submission(key).lost) == ("queued", 1)


def test_a_trial_that_merely_began_is_no_progress(store, key):
    lose(store, key)
    store.take_turn(key, "b", "here")
    store.notify("s", "trial", {"trial": 0, "state": "running"})
    store.lose_turn(key, "b", MOST, "process 78 died")
    assert store.submission(key).state == "failed"


def test_what_died_while_it_was_asked_to_pause_is_paused(store, running):
    store.want(running, "paused")
    store.lose_turn(running, "a", MOST, "process 77 died")
    assert store.submission(running).state == "paused"


@pytest.mark.parametrize("kind", ["export", "training"])
def test_what_its_study_trains_is_no_progress_of_another_submission(store, kind):
    key = store.add_submission(NewSubmission(kind, "s", {"trial": 0})).id
    lose(store, key)
    store.take_turn(key, "b", "here")
    store.notify("s", "epoch", {"trial": 1, "epoch": 1})
    store.notify("s", "trial", {"trial": 1, "state": "finished"})
    store.lose_turn(key, "b", MOST, "process 78 died")
    assert store.submission(key).state == "failed"


def test_the_epochs_of_a_training_are_its_own_progress(store, key):
    training = store.add_submission(NewSubmission("training", "s", {"trial": 0})).id
    for one, state in ((training, "queued"), (key, "failed")):
        lose(store, one)
        store.take_turn(one, "b", "here")
        store.notify("s", "epoch", {"submission": training, "epoch": 1})
        store.lose_turn(one, "b", MOST, "process 78 died")
        assert store.submission(one).state == state


def test_turns_are_ordered_by_what_happened_and_not_by_clocks(store, running, monkeypatch):
    other = store.add_submission(NewSubmission("study", "t", {})).id
    ahead = now() + timedelta(hours=3)
    monkeypatch.setattr("paretocaps.storage.turns.now", lambda: ahead)
    store.end_turn(running, "a", "interrupted")
    monkeypatch.setattr("paretocaps.storage.turns.now", now)  # the clock is right again
    store.take_turn(other, "b", "here")
    store.lose_turn(other, "b", MOST, "it died")
    assert store.submission(other).served > store.submission(running).served
