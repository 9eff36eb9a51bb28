"""`paretocaps serve` is killed, and so are the processes that it started: everything ends right, and once."""

import os
import signal
import time
from collections import Counter

import pytest
from harness.services import Service, check, states

from paretocaps.service import queueing
from paretocaps.storage.store import Store

pytestmark = pytest.mark.service

MOMENTS = (2.5, 0.2, 3.0, 0.8, 1.2, 3.5, 1.6, 2.0, 0.5, 4.0)  # s between a start of the service and its kill


@pytest.fixture
def service(slow, tmp_path):
    made = Service(tmp_path, f"sqlite:///{tmp_path}/x.db", slow)
    yield made
    made.end()


@pytest.fixture
def store(service):
    with Store.open(service.storage, create=True) as opened:
        yield opened


def test_a_service_that_is_killed_at_ten_moments_loses_and_doubles_nothing(
    service, store, submit, monkeypatch, tmp_path
):
    held = tmp_path / "held"
    held.touch()  # the first two outlast the kills, however fast the machine is
    monkeypatch.setenv("SLOW_HELD", str(held))
    wanted = {"a": 30, "b": 30, "c": 3, "d": 3, "e": 3}
    for study, trials in wanted.items():
        submit(study, trials)
    for moment in MOMENTS:
        service.start()
        service.until(lambda: states(store)["running"] == 2)
        time.sleep(moment)
        assert states(store) == {"running": 2, "queued": 3}
        service.end(signal.SIGKILL)
    held.unlink()
    service.start()
    service.until(lambda: states(store) == {"ended": 5})
    for study, trials in wanted.items():
        check(store, study, trials, service.log)
        turns = [event for event in store.events(study, limit=100_000) if event.kind == "state"]
        assert [event.payload["state"] for event in turns] == ["queued", "running", "ended"], "started once"
        (one,) = store.submissions(study)
        assert (one.lost, one.result["finished"], one.trials) == (0, trials, trials)


def test_processes_that_are_killed_have_another_turn(service, store, submit):
    key = submit("a", 30)
    service.start()
    for _ in range(2):
        service.until(lambda: store.submission(key).pid)
        pid, seen = store.submission(key).pid, store.last_event("a")
        service.until(lambda before=seen: store.last_event("a") > before + 4)
        os.killpg(pid, signal.SIGKILL)
        service.until(lambda before=pid: store.submission(key).pid not in (before, None))
        assert store.submission(key).lost == 1, "there was progress"
    service.until(lambda: states(store) == {"ended": 1})
    found = store.trials("a")
    assert [trial.state for trial in found] == ["finished"] * 30
    told = [event.payload for event in store.events("a", limit=9999) if event.kind == "trial"]
    ends = Counter(one["trial"] for one in told if one["state"] == "finished")
    assert ends == {trial.number: 1 for trial in found}


def test_studies_take_turns_pause_and_go_on_after_a_restart(service, store, submit, monkeypatch):
    first, second = submit("a", 24), submit("b", 12)  # its turn is over long before its end
    service.start("--parallel", "1", "--slice", "2")
    service.until(lambda: store.submission(second).state == "running")
    assert store.submission(first).state == "queued"
    queueing.pause("b", store)
    service.until(lambda: store.submission(second).state == "paused")
    service.end(signal.SIGTERM)
    assert states(store) == {"queued": 1, "paused": 1}
    queueing.resume("b", store)
    service.start("--parallel", "1")
    service.until(lambda: states(store) == {"ended": 2})
    check(store, "a", 24, service.log)
    check(store, "b", 12, service.log)


def test_two_services_on_one_database_run_each_submission_once(service, store, submit, tmp_path):
    for study in "abcd":
        submit(study, 3)
    other = Service(tmp_path, service.storage, service.log)
    service.start("--parallel", "2")
    other.start("--parallel", "2")
    try:
        service.until(lambda: states(store) == {"ended": 4})
    finally:
        other.end(signal.SIGTERM)
    for study in "abcd":
        check(store, study, 3, service.log)
        states_of = [one.payload["state"] for one in store.events(study) if one.kind == "state"]
        assert states_of == ["queued", "running", "ended"]
