"""Two services on one PostgreSQL database, as on two machines: nothing runs twice, and one goes on alone.

Each has a name of its own, a service folder of its own, and a folder of its own for what processes of a
machine share, so all that one knows of the other is in the database.
"""

import os
import signal
import time
from collections import Counter

import pytest
from harness.services import Service, check, states

STATES = ["queued", "running", "ended"]


@pytest.fixture
def url(server, request):
    name = f"two_{abs(hash(request.node.name))}"
    server.psql(f"CREATE DATABASE {name};")
    return server.get_uri(database=name).replace("postgresql://", "postgresql+psycopg://")


@pytest.fixture
def hosts(slow, url, tmp_path):
    made = [Service(tmp_path / name, url, slow, name) for name in ("one", "two")]
    yield made
    for one in made:
        one.end()


def turns(store, study):
    return [one.payload["state"] for one in store.events(study, limit=100_000) if one.kind == "state"]


def placed(store):
    """Return on which host each submission that runs does, by study."""
    return {one.study: one.host for one in store.submissions(states=("running",)) if one.pid}


def settled(path, hosts):
    """Return what both services show at a path, which must come to be the same."""
    for _ in range(50):
        shown = [one.ask(path) for one in hosts]
        if shown[0] == shown[1]:
            return shown[0]
        time.sleep(0.1)
    raise AssertionError(shown)


def test_both_hosts_run_each_submission_once_and_show_the_same(hosts, store, submit):
    studies = "abcdef"
    for study in studies:
        submit(study, 3)
    for one in hosts:
        one.start("--parallel", "1")
    hosts[0].until(lambda: set(placed(store).values()) == {"one", "two"})
    assert len(settled("queue", hosts)) >= 3, "what runs, and what waits"
    hosts[0].until(lambda: states(store) == {"ended": len(studies)})
    for study in studies:
        check(store, study, 3, hosts[0].log)
        assert turns(store, study) == STATES
    found = store.submissions()
    assert {one.host for one in found} == {"one", "two"}
    assert {one.lost for one in found} == {0}
    assert [one["state"] for one in settled("queue?all=true", hosts)] == ["ended"] * len(studies)
    assert sorted(one["study"] for one in settled("studies", hosts)) == sorted(studies)
    for study in studies:
        for part in ("trials", "front", "recommendation"):
            assert settled(f"studies/{study}/{part}", hosts)


def test_what_a_killed_service_left_running_goes_on_and_the_other_takes_the_queue(
    hosts, store, submit, monkeypatch, tmp_path
):
    held = tmp_path / "held"
    held.touch()  # the first study outlasts the kill, however long the second service takes to start
    monkeypatch.setenv("SLOW_HELD", str(held))
    trials = {"a": 27, "b": 3, "c": 3, "d": 3}
    for study, number in trials.items():
        submit(study, number)
    first, second = hosts
    first.start("--parallel", "1")
    first.until(lambda: placed(store) == {"a": "one"})
    second.start("--parallel", "1")
    second.until(lambda: placed(store).get("b") == "two")
    first.end(signal.SIGKILL)
    second.until(lambda: states(store) == {"ended": 3, "running": 1})
    held.unlink()
    second.until(lambda: states(store) == {"ended": 4})
    for study, number in trials.items():
        check(store, study, number, first.log)
        assert turns(store, study) == STATES, "the process that outlived its service was left alone"
    assert [one.host for one in store.submissions()] == ["one", "two", "two", "two"]


@pytest.mark.slow
def test_the_work_of_a_host_that_is_gone_is_taken_over_by_the_other(
    hosts, store, submit, monkeypatch, tmp_path
):
    held = tmp_path / "held"
    held.touch()  # the study outlasts the kill
    monkeypatch.setenv("SLOW_HELD", str(held))
    first, second = hosts
    key = submit("a", 27)
    first.start("--parallel", "1")
    first.until(lambda: store.last_event("a") > 12)
    second.start("--parallel", "1")
    second.ask("queue")
    begun = time.monotonic()
    first.end(signal.SIGKILL)
    os.killpg(store.submission(key).pid, signal.SIGKILL)
    second.until(lambda: placed(store) == {"a": "two"})
    assert time.monotonic() - begun < 120, "a minute of silence, on a busy machine"
    # it ends the one that is gone once that was silent for long enough, for which the study must last
    second.until(lambda: {one.host for one in store.standing("a").drivers} == {"two"})
    held.unlink()
    second.until(lambda: states(store) == {"ended": 1})
    found = store.submission(key)
    assert (found.host, found.result["finished"]) == ("two", 27)
    trials = store.trials("a")
    assert [one.state for one in trials if one.state != "failed"] == ["finished"] * 27
    told = [one.payload for one in store.events("a", limit=100_000) if one.kind == "trial"]
    ends = Counter(one["trial"] for one in told if one["state"] == "finished")
    assert set(ends.values()) == {1}
    assert turns(store, "a") == ["queued", "running", "queued", "running", "ended"]
    assert not store.standing("a").drivers
