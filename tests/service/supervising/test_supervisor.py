import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from paretocaps.errors import StateError, StorageError, UnavailableError
from paretocaps.execution.descendants import MARK, end_marked, new_mark
from paretocaps.host import host_name
from paretocaps.search import driver_token
from paretocaps.search.driver_token import new_token
from paretocaps.search.silence import Silence
from paretocaps.service.supervising import supervisor as module
from paretocaps.service.supervising.supervisor import MOST_LOST, Supervisor
from paretocaps.service.uploading.sets import uploads_folder
from paretocaps.storage.submissions import NewSubmission


@pytest.fixture
def supervise(url, store, tmp_path, monkeypatch):
    """Make supervisors whose thread does not run, and whose processes sleep, in place of the service's."""
    children = []

    def started(self, task):
        child = subprocess.Popen(["sleep", "60"], start_new_session=True)
        children.append(child)
        return child

    monkeypatch.setattr(Supervisor, "_started", started)

    def make(**settings):
        made = Supervisor(url, tmp_path / "service", **({"parallel": 2} | settings))
        made._places, made._store = made.parallel, store
        made._silence = Silence(1.0, made.lease)
        return made

    yield make
    for child in children:
        child.kill()
        child.wait()


@pytest.fixture
def submit(store):
    def add(study, kind="study", **values):
        return store.add_submission(NewSubmission(kind, study, {"trials": 3}, **values)).id

    return add


def running(store):
    return [one.study for one in store.submissions(states=("running",))]


def test_as_many_run_as_there_are_places_and_an_export_beside_them(supervise, submit, store):
    for name in "abc":
        submit(name)
    for name in "xy":
        submit(name, "export")
    supervise().look()
    assert running(store) == ["a", "b", "x"]
    supervise().look()
    assert running(store) == ["a", "b", "x"], "another one on this machine starts none, either"


def test_what_died_waits_for_another_turn(supervise, submit, store):
    key, one = submit("a"), supervise()
    for lost in range(1, MOST_LOST + 1):
        one.look()
        (child,) = one._children.values()
        child.kill()
        child.wait()
        one._begin, begin = lambda _: False, one._begin
        one.look()
        one._begin = begin
        assert store.submission(key).lost == lost
    found = store.submission(key)
    assert found.state == "failed"
    assert f"{child.pid} ended with signal 9, 3 times in a row" in found.reason


def test_a_silent_process_of_another_machine_loses_its_turn(supervise, submit, store, monkeypatch):
    key, one = submit("a"), supervise(lease=30.0, parallel=1)
    store.take_turn(key, "token", "elsewhere")
    clock = iter(range(0, 1000, 2))
    monkeypatch.setattr(module.time, "monotonic", lambda: next(clock))
    for _ in range(10):
        one.look()
    store.beat_turn(key, "token", 1.0)
    for _ in range(10):
        one.look()
    assert store.submission(key).driver == "token"
    for _ in range(10):
        one.look()
    assert store.submission(key).driver != "token"
    assert store.submission(key).lost == 1


def test_what_ran_before_the_machine_was_started_again_is_taken_up_at_once(
    supervise, submit, store, monkeypatch, tmp_path
):
    """No file is left of its process, as /tmp is emptied by a start; another machine's may be alive."""
    before = [new_token(), new_token()]
    for study, token, host in zip("ab", before, (host_name(), "elsewhere"), strict=True):
        key = submit(study)
        store.take_turn(key, token, host)
        store.join_turn(key, token, 4242)
    (tmp_path / "boot_id").write_text("another")
    monkeypatch.setattr(driver_token, "_START", tmp_path / "boot_id")
    supervise().look()
    here, there = store.submissions()
    assert (here.state, here.lost) == ("running", 1)
    assert here.driver not in before
    assert there.driver == before[1]
    told = [one.payload["reason"] for one in store.events("a") if one.kind == "state"]
    assert f"its process 4242 ended with {host_name()}, which was started again" in told


def test_what_needs_data_is_left_to_a_service_that_has_them(supervise, submit, store, tmp_path):
    key = store.add_submission(NewSubmission("study", "a", {"trials": 3, "data": "upload:pets"})).id
    submit("b")
    one = supervise(parallel=1)
    for _ in range(2):
        one.look()
    assert running(store) == ["b"], "who waits for data lets others pass"
    assert store.submission(key).reason == "it waits for a service that has the data 'upload:pets'"
    (uploads_folder(tmp_path / "other") / "pets").mkdir(parents=True)
    other = supervise(parallel=2)
    other.folder = tmp_path / "other"
    other.look()
    assert running(store) == ["a", "b"]
    assert store.submission(key).reason is None


def test_what_it_waits_for_is_said_again_where_that_was_lost(supervise, store, monkeypatch):
    key = store.add_submission(NewSubmission("study", "a", {"trials": 3, "data": "upload:pets"})).id
    one, clock = supervise(lease=10.0), [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])

    def away(*_):
        raise StorageError("it is away")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(type(store), "explain", away)
        with pytest.raises(StorageError, match="away"):
            one.look()
    one.look()
    assert store.submission(key).reason == "it waits for a service that has the data 'upload:pets'"
    store.explain(key, None)  # by a service that has them
    one.look()
    assert store.submission(key).reason is None
    clock[0] += 11.0  # and that service has gone
    one.look()
    assert store.submission(key).reason == "it waits for a service that has the data 'upload:pets'"


def test_what_has_got_its_data_waits_for_its_turn_alone(supervise, submit, store, tmp_path):
    submit("b")
    key = store.add_submission(NewSubmission("study", "a", {"trials": 3, "data": "upload:pets"})).id
    one, other = supervise(parallel=1), supervise(parallel=1)
    other.folder = tmp_path / "other"
    pets = uploads_folder(one.folder) / "pets"
    for _ in range(2):  # once again where they are gone
        one.look()
        other.look()
        assert store.submission(key).reason == "it waits for a service that has the data 'upload:pets'"
        pets.mkdir(parents=True)
        for _ in range(2):
            one.look()
            other.look()
            assert (store.submission(key).state, store.submission(key).reason) == ("queued", None)
        pets.rmdir()


def test_a_training_is_left_to_a_service_that_has_the_data_of_its_study(supervise, store, tmp_path):
    data = tmp_path / "other" / "pets"
    store.create_study("a", {"study": "a", "data": str(data)})
    key = store.add_submission(NewSubmission("training", "a", {"trial": 0})).id
    one = supervise()
    one.look()
    assert store.submission(key).state == "queued"
    assert store.submission(key).reason == "it waits for a service that has the data 'pets' of study 'a'"
    data.mkdir(parents=True)  # as it is for the other one
    one.look()
    assert store.submission(key).state == "running"
    assert store.submission(key).reason is None


def test_what_had_its_slice_gives_way_to_what_may_have_it(supervise, submit, store):
    one = supervise(parallel=1, slice=10.0)
    first = submit("a", priority=1)
    one.look()
    low = submit("b")
    token = store.submission(first).driver
    store.beat_turn(first, token, 99.0)
    one.look()
    assert store.submission(first).wanted is None, "what waits has a lower priority"
    store.set_priority(low, 1)
    one.look()
    assert store.submission(first).wanted == "queued"
    store.end_turn(first, token, "interrupted")
    one.look()
    assert [found.state for found in store.submissions()] == ["queued", "running"]


def test_what_has_not_had_its_slice_goes_on(supervise, submit, store):
    one = supervise(parallel=1, slice=10.0)
    key = submit("a")
    one.look()
    submit("b")
    store.beat_turn(key, store.submission(key).driver, 9.0)
    one.look()
    assert store.submission(key).wanted is None


def test_who_has_no_hours_left_waits(supervise, submit, store):
    one = supervise(parallel=1)
    key = submit("a", owner="ann", max_hours=1.0)
    one.look()
    waiting = submit("b", owner="ann", max_hours=1.0)
    store.beat_turn(key, store.submission(key).driver, 3600.0)
    one.look()
    assert store.submission(key).wanted == "paused"
    assert store.submission(waiting).state == "paused"
    assert store.submission(waiting).reason == "the quota of 1 hours of 'ann' is used up"


def test_a_process_that_does_not_end_when_it_is_asked_is_killed(supervise, submit, store, monkeypatch):
    one = supervise(parallel=1, lease=30.0)
    key = submit("a")
    one.look()
    (child,) = one._children.values()
    store.want(key, "stopped")
    moment = 0.0
    monkeypatch.setattr(module.time, "monotonic", lambda: moment)
    one.look()
    moment = 31.0
    one.look()
    assert child.wait(5) == -signal.SIGKILL
    one.look()
    assert store.submission(key).state == "stopped"
    one.look()
    assert not one._asked, "nothing is kept of what has ended"


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="there is no /proc here")
def test_the_workers_of_a_process_that_is_killed_end_with_it(supervise, submit, store, monkeypatch):
    mark, value = new_mark()
    worker = "import time; time.sleep(60)", "paretocaps.execution.worker"
    code = (
        "import os, subprocess, sys, time\n"
        f"worker = subprocess.Popen([sys.executable, '-S', '-c', *{worker}],"
        f" env={{**os.environ, {MARK!r}: {value!r}}}, start_new_session=True)\n"
        "print(worker.pid, flush=True)\n"
        "time.sleep(60)"
    )

    def started(self, task):
        return subprocess.Popen(
            [sys.executable, "-S", "-c", code], start_new_session=True, stdout=subprocess.PIPE, text=True
        )

    one, key = supervise(parallel=1), submit("a")
    monkeypatch.setattr(Supervisor, "_started", started)
    one.look()
    (child,) = one._children.values()
    pid = int(child.stdout.readline())
    try:
        one._signal(store.submission(key), signal.SIGKILL)
        assert child.wait(5) == -signal.SIGKILL
        child.stdout.close()
        deadline = time.monotonic() + 10
        with suppress(OSError):  # it is gone
            while Path(f"/proc/{pid}/cmdline").read_bytes():  # a dead one that nobody buried has none
                assert time.monotonic() < deadline
                time.sleep(0.01)
    finally:
        end_marked(mark)


def test_a_process_that_cannot_be_started_is_no_end(supervise, submit, store, monkeypatch):
    def refuse(self, task):
        raise OSError("no memory")

    one, key, other = supervise(), submit("a"), submit("b")
    monkeypatch.setattr(Supervisor, "_started", refuse)
    for _ in range(5):
        with pytest.raises(OSError, match="no memory"):
            one.look()
    found = store.submission(key)
    assert (found.state, found.reason) == ("queued", "its process could not be started: no memory")
    assert store.submission(other).state == "queued"


def test_what_changes_while_it_looks_ends_no_supervisor(url, tmp_path, monkeypatch):
    looks = iter([StateError("it is stopped"), OSError("no space"), None])
    faults = []

    def look(self):
        faults.append(self.fault)
        error = next(looks, None)
        if error is not None:
            raise error

    monkeypatch.setattr(module, "_LOOK", 0.01)
    monkeypatch.setattr(module, "_REST", 0.01)
    monkeypatch.setattr(Supervisor, "look", look)
    with ran(Supervisor(url, tmp_path / "service", parallel=1)) as one:
        while len(faults) < 4:
            one._over.wait(0.01)
        assert one.alive
    assert faults[:4] == ["", "", "no space", ""]


@contextmanager
def ran(one):
    one.start()
    try:
        yield one
    finally:
        one.close()


def test_a_supervisor_runs_in_a_thread_and_ends_what_it_started(url, store, tmp_path, submit, monkeypatch):
    code = "import os, sys, time; sys.stdin.readline(); print(sorted(os.environ), flush=True); time.sleep(60)"
    monkeypatch.setenv("PARETOCAPS_TOKENS", "ann:secret:admin")
    popen = subprocess.Popen
    monkeypatch.setattr(module, "_LOOK", 0.05)
    monkeypatch.setattr(
        subprocess, "Popen", lambda command, **more: popen([sys.executable, "-c", code], **more)
    )
    key = submit("a")
    with ran(Supervisor(url, tmp_path / "service", parallel=1)) as one:
        assert one.alive
        for _ in range(200):
            log = tmp_path / "service" / "logs" / f"submission-{key}.log"
            if log.exists() and log.read_text():
                break
            one._over.wait(0.05)
        (child,) = one._children.values()
        assert os.getpgid(child.pid) == child.pid, "a signal to this process does not reach it"
    assert child.poll() is not None
    assert not one.alive
    found = store.submission(key)
    assert (found.state, found.lost) == ("queued", 0)
    assert log.stat().st_mode & 0o777 == 0o600
    assert "'PATH'" in log.read_text()
    assert "PARETOCAPS_TOKENS" not in log.read_text()


def test_a_look_that_hangs_keeps_no_service_from_ending(url, store, tmp_path, submit, monkeypatch):
    hangs, over = threading.Event(), threading.Event()

    def look(self):
        hangs.set()
        over.wait(60)

    monkeypatch.setattr(module, "_PARTING", 0.2)
    monkeypatch.setattr(Supervisor, "look", look)
    child = subprocess.Popen(["sleep", "60"], start_new_session=True)
    one = Supervisor(url, tmp_path / "service", parallel=1)
    one.start()
    assert hangs.wait(60)
    key = submit("a")
    store.take_turn(key, "token", host_name())
    one._children["token"] = child
    one.close()
    assert child.wait(60) == -signal.SIGTERM
    over.set()
    one._thread.join(60)
    assert not one.alive


def test_what_runs_is_told_to_end_where_the_database_is_away_and_nothing_begins_any_more(
    supervise, submit, store, monkeypatch
):
    def away(*_, **__):
        raise UnavailableError("it is away", "away")

    one, other = supervise(parallel=1), supervise(parallel=1)
    submit("a")
    one.look()
    (child,) = one._children.values()
    one._thread = threading.Thread(target=lambda: None)
    one._thread.start()
    with monkeypatch.context() as patch:
        patch.setattr(type(store), "submissions", away)
        patch.setattr(type(store), "close", lambda _: None)
        one.close()
    assert child.wait(60) == -signal.SIGTERM
    key = submit("b")
    other._over.set()
    assert not other._begin(store.submission(key))
    assert store.submission(key).state == "queued"
