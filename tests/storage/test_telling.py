"""Every change of a trial is told, in the transaction that makes it, and told once."""

import pytest

from paretocaps.domain.failure import Failure
from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.domain.measurement import JudgedTest
from paretocaps.domain.objective import parse_objectives
from paretocaps.storage.claims import NewTrial
from paretocaps.storage.rejections import RejectedTrial


@pytest.fixture
def told(store):
    """Return the trials and states of the events since the last call."""
    seen = 0

    def new():
        nonlocal seen
        found = store.events("s", after=seen)
        seen += len(found)
        return [(one.payload["trial"], one.payload["state"]) for one in found if one.kind == "trial"]

    return new


def last(store):
    return store.events("s")[-1].payload


def test_a_trial_begins_and_finishes(store, told, measure):
    trial = NewTrial(0, {"blocks": 2}, "ws", "digest", failed=0, seed=7, total=3)
    for _ in range(2):  # the answer to the first try was lost
        key, _ = store.as_driver(_driver(store)).claim_new("s", trial)
    assert last(store) == {"trial": 0, "state": "running", "choices": {"blocks": 2}, "design": "ws"}
    for _ in range(2):
        store.finish_attempt(key, measure(quantities={"robust": 0.5}, macs=8), last=True)
    store.finish_trial("s", 0)
    assert told() == [(0, "running"), (0, "finished")]
    values = {"acc": 0.9, "time": 5.0, "wall": 9.0, "params": 1000.0, "macs": 8.0, "robust": 0.5}
    assert last(store) == {"trial": 0, "state": "finished", "values": values}


def _driver(store):
    if not store.standing("s").drivers:
        store.register_driver("s", "driver", "here", 1)
    return "driver"


def test_values_are_means_over_seeds_and_told_again_when_they_change(store, told, finish, measure):
    finish(0, seed=0, acc=0.8)
    finish(0, seed=1, acc=0.6)
    assert told() == [(0, "running"), (0, "finished"), (0, "finished")]
    assert last(store)["values"]["acc"] == pytest.approx(0.7)
    store.record_judged(finish(1, test_acc=None), JudgedTest(acc=0.5, images=10))
    assert last(store)["values"]["test_acc"] == 0.5
    finish(1, seed=1, test_acc=None, quantities={"robust": 0.25})
    assert not {"test_acc", "robust"} & last(store)["values"].keys(), "one of its seeds lacks them"


def test_failures_interruptions_and_ends_are_told_with_their_reason(store, told):
    store.start_trial("s", 0, {})
    for _ in range(2):
        store.interrupt_trial("s", 0, "Ctrl-C")
    assert last(store) == {"trial": 0, "state": "interrupted", "reason": "Ctrl-C"}
    for _ in range(2):
        store.start_trial("s", 0, {})
    store.fail_trial("s", 0, Failure("no memory"))
    store.start_trial("s", 1, {})
    for _ in range(2):
        store.stop_trial("s", 1, "beaten")
    ended = [(0, "running"), (0, "interrupted"), (0, "running"), (0, "failed")]
    assert told() == [*ended, (1, "running"), (1, "stopped")]


def test_who_takes_a_trial_over_tells_that_it_runs_again(store, told):
    driver = store.as_driver(_driver(store))
    store.start_trial("s", 0, {"blocks": 1})
    store.interrupt_trial("s", 0)
    store.start_trial("s", 1, {})
    store.stop_trial("s", 1, "beaten")
    told()
    assert driver.claim("s", 0)
    assert driver.claim("s", 0)
    assert driver.claim_stopped("s", 1)
    assert not driver.claim_stopped("s", 1)
    assert told() == [(0, "running"), (1, "running")]


def test_a_rejected_trial_is_told_with_what_was_predicted(store, told):
    store.reject_trial("s", RejectedTrial(0, {"blocks": 9}, "digest", "too large", {"params": 9.0}))
    more = {"reason": "too large", "choices": {"blocks": 9}, "predicted": {"params": 9.0}}
    assert last(store) == {"trial": 0, "state": "rejected", **more}
    assert told() == [(0, "rejected")]


def test_a_front_is_told_when_it_changes(store, finish):
    finish(0)
    front = FrontRecord("s", parse_objectives("acc,time"), (0.1, 9.9), 1.5, (FrontMember(0, {}, {}),))
    for _ in range(2):
        store.save_front(front, store.table("s", ["acc"]))
    (found,) = [event.payload for event in store.events("s") if event.kind == "front"]
    assert found == {"objectives": ["acc", "time"], "members": [0], "hypervolume": 1.5, "trials": 1}
