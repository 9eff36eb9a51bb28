import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest

from paretocaps.errors import FencedError, StorageError, UsageError
from paretocaps.host import host_folder
from paretocaps.search import driver_token
from paretocaps.search.driver import Driver, seems_to_run
from paretocaps.storage.drivers import Sighting
from paretocaps.storage.schema import now
from paretocaps.storage.store import Store

DRIVE = """
import sys, time
from paretocaps.search.driver import Driver
from paretocaps.storage.store import Store
with Store.open(sys.argv[1], create=False) as store, Driver(store, "s") as driver:
    print(driver.token, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def store(storage):
    with Store.open(storage, create=True) as opened:
        opened.create_study("s", {"objectives": ["acc", "time"]})
        yield opened


@pytest.fixture
def other(storage, store):
    """Another process that drives the study."""
    command = [sys.executable, "-c", DRIVE, storage]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        process.token = process.stdout.readline().strip()
        yield process
        process.kill()


def files_of(token):
    return list(host_folder("drivers").glob(f"{token}*"))


def within(seconds, condition):
    deadline = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return met


def test_drivers_see_each_other_and_may_come_and_go(store):
    with Driver(store, "s") as first:
        assert first.others == {}
        assert first.sampler_seed == 0
        with Driver(store, "s") as second:
            assert list(second.others) == [first.token]
            assert second.sampler_seed > 0
            first.look()
            assert list(first.others) == [second.token]
            assert not first.others_ended()
        first.look()
        assert first.others_ended()
        assert not first.others_ended()
        assert first.others == {}
    assert not files_of(first.token)


def test_one_that_cannot_say_that_it_ends_is_known_to_be_dead_at_once(store, monkeypatch):
    def end_driver(*_):
        raise StorageError("the disk is full")

    with monkeypatch.context() as full:
        full.setattr(Store, "end_driver", end_driver)
        with Driver(store, "s") as first:
            pass
        assert files_of(first.token)
    with Driver(store, "s") as second:
        assert second.others == {}
    assert not files_of(first.token)


def test_one_that_was_ended_leaves_no_file(store):
    with Driver(store, "s") as driver:
        store.end_driver(driver.token, "it was silent")
    assert not files_of(driver.token)


def test_a_killed_process_is_known_to_be_dead_at_once(other, store):
    with Driver(store, "s") as driver:
        assert list(driver.others) == [other.token]
        other.send_signal(signal.SIGKILL)
        other.wait()
        driver.look()
        assert driver.others == {}
        assert driver.others_ended()
        assert not files_of(other.token)


def test_one_that_ended_with_its_machine_is_known_to_be_dead_though_its_file_is_gone(
    store, monkeypatch, tmp_path
):
    """/tmp was emptied as the machine started again."""
    with Driver(store, "s") as before:
        for file in files_of(before.token):
            file.unlink()
        (tmp_path / "boot_id").write_text("another")
        monkeypatch.setattr(driver_token, "_START", tmp_path / "boot_id")
        with Driver(store, "s") as driver:
            assert driver.others == {}
        with pytest.raises(FencedError, match="had ended"):
            before.store.start_trial("s", 0, {})


def test_one_that_is_stopped_for_a_lease_is_ended_and_told_so(store, monkeypatch):
    """The silent one is of another machine, so that only its beat is known."""
    monkeypatch.setenv("PARETOCAPS_BEAT", "60")
    monkeypatch.setenv("PARETOCAPS_HOST", "away")
    with Driver(store, "s") as silent:
        monkeypatch.setenv("PARETOCAPS_BEAT", "0.05")
        monkeypatch.setenv("PARETOCAPS_LEASE", "0.2")
        monkeypatch.setenv("PARETOCAPS_HOST", "here")
        with Driver(store, "s") as driver:
            assert within(10, driver.others_ended)
        with pytest.raises(
            FencedError, match=f"process {os.getpid()} on here heard nothing from it for 0.2 s"
        ):
            silent.store.start_trial("s", 0, {})
        silent.check()  # it does not know yet
        silent.look()
        with pytest.raises(FencedError):
            silent.check()


def test_the_thread_beats(store, monkeypatch):
    monkeypatch.setenv("PARETOCAPS_BEAT", "0.02")
    with Driver(store, "s") as beating:
        monkeypatch.setenv("PARETOCAPS_BEAT", "60")
        with Driver(store, "s") as driver:
            seen = driver.others[beating.token].beat
            assert within(10, lambda: driver.look() and driver.others[beating.token].beat > seen + 1)


@pytest.mark.parametrize("text", ["soon", "-1", "0", "nan", "inf"])
def test_a_duration_that_is_none_is_refused(store, monkeypatch, text):
    monkeypatch.setenv("PARETOCAPS_BEAT", text)
    with pytest.raises(UsageError, match=f"PARETOCAPS_BEAT='{text}' is not allowed: give seconds, e.g. 5"):
        Driver(store, "s")


def test_a_process_elsewhere_runs_as_long_as_it_was_seen_lately():
    for ago, runs in ((timedelta(minutes=1), True), (timedelta(hours=1), False)):
        assert seems_to_run(Sighting("token", "elsewhere", 1, 0, now() - ago)) is runs
    assert seems_to_run(Sighting("token", "elsewhere", 1, 0))
