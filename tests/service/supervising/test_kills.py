"""`paretocaps serve` is killed, and so are the processes that it started: everything ends right, and once."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from paretocaps.domain.trainer import TRAINERS
from paretocaps.service import queueing
from paretocaps.storage.store import Store
from paretocaps.testing.plugin import plug_in, write_plugin

pytestmark = pytest.mark.service

TRAINER = Path(__file__).parent / "slow_trainer"
STUDY = {"trainer": "slow", "sampler": "random", "objectives": "acc,params", "epochs": 2, "require": []}
MOMENTS = (2.5, 0.2, 3.0, 0.8, 1.2, 3.5, 1.6, 2.0, 0.5, 4.0)  # s between a start of the service and its kill


class Service:
    """`paretocaps serve` on a database, which is started and killed."""

    def __init__(self, folder: Path, storage: str, log: Path) -> None:
        self.storage, self.log, self._folder = storage, log, folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str) -> None:
        where = ["--storage", self.storage, "--folder", str(self._folder / "service"), "--port", "0"]
        with (self._folder / "serve.log").open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "paretocaps", "serve", *where, "--parallel", "2", *options],
                stdout=output,
                stderr=output,
                cwd=self._folder,
            )

    def end(self, number: int) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(60)
        self._process = None

    def until(self, condition, seconds: float = 300) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, (self._folder / "serve.log").read_text()
            time.sleep(0.1)


@pytest.fixture
def service(tmp_path, monkeypatch):
    monkeypatch.setenv("SLOW_SECONDS", "0.2")
    monkeypatch.setenv("SLOW_LOG", str(tmp_path / "epochs.log"))
    monkeypatch.setenv("PARETOCAPS_HOST_FOLDER", str(tmp_path / "host"))
    entries = {"paretocaps.trainers": {"slow": "slow_trainer:SLOW"}}
    plug_in(monkeypatch, write_plugin(tmp_path / "plugin", "slow-trainer", entries), TRAINER)
    assert "slow" in TRAINERS
    made = Service(tmp_path, f"sqlite:///{tmp_path}/x.db", tmp_path / "epochs.log")
    yield made
    made.end(signal.SIGTERM)


@pytest.fixture
def store(service):
    with Store.open(service.storage, create=True) as opened:
        yield opened


@pytest.fixture
def submit(store, tmp_path):
    places = queueing.Places(tmp_path / "service")

    def of(study, trials, **more):
        return queueing.submit("study", study, {**STUDY, "trials": trials}, store, places=places, **more).id

    return of


def states(store):
    return Counter(one.state for one in store.submissions())


def check(store, study, trials, log):
    """Check that a study ended right: all trials once, and all events once, in order, without a gap."""
    found = store.trials(study)
    assert [trial.state for trial in found] == ["finished"] * trials
    assert len({str(trial.choices) for trial in found}) == trials
    events = store.events(study, limit=100_000)
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    told = [event.payload for event in events if event.kind == "trial"]
    finished = Counter(one["trial"] for one in told if one["state"] == "finished")
    assert finished == {trial.number: 1 for trial in found}
    epochs = Counter(
        (one["trial"], one["attempt"], one["epoch"])
        for one in (event.payload for event in events if event.kind == "epoch")
    )
    assert set(epochs.values()) == {1}
    for trial in found:
        (attempt,) = [one for one in trial.attempts if one.measurement is not None]
        assert {(trial.number, attempt.key.attempt, epoch) for epoch in (1, 2)} <= set(epochs)
    assert not any(
        line.split()[0] == study for line, n in Counter(log.read_text().splitlines()).items() if n > 1
    )
    assert not store.living_drivers(study)


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
