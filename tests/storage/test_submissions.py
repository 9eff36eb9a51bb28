from datetime import timedelta

import pytest

from paretocaps.errors import MissingError, StateError
from paretocaps.storage.schema import now
from paretocaps.storage.submissions import NewSubmission


@pytest.fixture
def queued(store):
    return store.add_submission(NewSubmission("study", "s", {"trials": 3}, "ann", 2, 1.5, 3))


def states(store):
    return [event.payload["state"] for event in store.events("s") if event.kind == "state"]


def test_a_submission_comes_back_as_it_was_made(store, queued):
    assert store.submission(queued.id) == queued
    assert (queued.state, queued.owner, queued.priority, queued.max_hours) == ("queued", "ann", 2, 1.5)
    assert (queued.options, queued.trials, queued.seconds) == ({"trials": 3}, 3, 0.0)
    assert queued.started is queued.ended is queued.driver is queued.position is None
    assert store.submissions("s") == [queued]
    assert store.submissions("other") == store.submissions(states=("ended",)) == []
    assert states(store) == ["queued"]


def test_the_latest_one_that_runs_a_study_is_found_without_reading_the_others(store, queued):
    store.want(queued.id, "stopped")
    again = store.add_submission(NewSubmission("study", "s", {}))
    store.add_submission(NewSubmission("export", "s", {"trial": 0}))
    store.add_submission(NewSubmission("study", "other", {}))
    assert store.study_submission("s") == again
    assert store.study_submission("none") is None


def test_what_is_queued_says_why_it_waits_and_what_runs_does_not(store, queued):
    before = states(store)
    assert store.explain(queued.id, "it waits for data").reason == "it waits for data"
    assert states(store) == before, "its state is the same"
    store.take_turn(queued.id, "token", "host")
    assert store.explain(queued.id, "it waits for data").reason is None


def test_they_are_counted_by_state(store, queued):
    store.want(queued.id, "paused")
    store.add_submission(NewSubmission("export", "s", {"trial": 0}))
    counts = store.submission_counts()
    assert {state: count for state, count in counts.items() if count} == {"paused": 1, "queued": 1}
    assert counts["failed"] == 0


def test_a_study_is_in_the_queue_once(store, queued):
    with pytest.raises(StateError, match="study 's' is already in the queue: stop it first, or raise"):
        store.add_submission(NewSubmission("study", "s", {}))
    store.add_submission(NewSubmission("export", "s", {"trial": 0}))
    store.want(queued.id, "stopped")
    store.add_submission(NewSubmission("study", "s", {}))
    assert [one.state for one in store.submissions("s")] == ["stopped", "queued", "queued"]


def test_what_does_not_run_is_paused_resumed_and_stopped_at_once(store, queued):
    assert store.want(queued.id, "paused", "over the quota").reason == "over the quota"
    assert store.want(queued.id, "paused").state == "paused"
    assert store.resume(queued.id).state == store.resume(queued.id).state == "queued"
    stopped = store.want(queued.id, "stopped")
    assert stopped.state == "stopped"
    assert stopped.ended is not None
    assert states(store) == ["queued", "paused", "queued", "stopped"], "what changes nothing is no event"


def test_the_process_of_what_runs_is_asked(store, queued):
    store.take_turn(queued.id, "a", "here")
    assert store.want(queued.id, "paused").wanted == "paused"
    assert store.resume(queued.id).wanted is None
    assert store.want(queued.id, "stopped").state == "running"
    with pytest.raises(StateError, match="is stopped: only what is paused can be resumed"):
        store.resume(queued.id)


def test_what_runs_gives_way_unless_it_is_asked_for_something_else(store, queued):
    assert not store.give_way(queued.id)
    store.take_turn(queued.id, "a", "here")
    assert store.give_way(queued.id)
    assert store.submission(queued.id).wanted == "queued"
    store.want(queued.id, "paused")
    assert not store.give_way(queued.id)


def test_what_has_ended_stays_as_it_is(store, queued):
    store.want(queued.id, "stopped")
    for change in (
        lambda: store.want(queued.id, "paused"),
        lambda: store.resume(queued.id),
        lambda: store.set_priority(queued.id, 1),
        lambda: store.raise_submission(queued.id, 1),
    ):
        with pytest.raises(StateError, match=r"study 's' \(submission 1\) is stopped"):
            change()


def test_priority_and_trials_can_be_changed(store, queued):
    store.set_priority(queued.id, 7)
    found = store.raise_submission(queued.id, 9)
    assert (found.priority, found.options, found.trials) == (7, {"trials": 9}, 9)
    assert store.raise_submission(queued.id, 9) == found, "whoever asks for the same at once adds nothing"


def test_an_unknown_submission_is_named(store):
    with pytest.raises(MissingError, match="there is no submission 9"):
        store.want(9, "paused")


def test_submissions_and_events_go_with_their_study(store, queued):
    store.rename_study("s", "renamed")
    assert [one.study for one in store.submissions()] == ["renamed"]
    store.copy_study("renamed", "copy")
    assert [event.payload for event in store.events("copy")] == [
        event.payload for event in store.events("renamed")
    ]
    assert store.submissions("copy") == []
    store.delete_study("renamed")
    assert store.submissions() == store.events("renamed") == []


@pytest.mark.parametrize("hours", [-3, 3])
def test_the_trials_that_it_began_are_counted_by_what_happened_and_not_by_clocks(store, monkeypatch, hours):
    other = now() + timedelta(hours=hours)
    store.start_trial("s", 0, {})  # of `optimize`, before
    with monkeypatch.context() as patch:
        patch.setattr("paretocaps.storage.submissions.now", lambda: other)
        key = store.add_submission(NewSubmission("study", "s", {}, trials=50)).id
    store.take_turn(key, "a", "here")
    for number in (1, 2, 3):
        store.start_trial("s", number, {})
    store.end_turn(key, "a", "ended")
    assert store.submission(key).trials == 3
