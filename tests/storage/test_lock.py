import fcntl
import os
import signal
import subprocess
import sys

import pytest

from paretocaps.errors import StorageError
from paretocaps.storage.lock import driver_lock

HOLD = """
import sys
from paretocaps.storage.lock import driver_lock
with driver_lock(sys.argv[1], sys.argv[2]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(url):
    command = [sys.executable, "-c", HOLD, url, "s"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_driver_is_told_the_first_one_s_pid(url, holder):
    with (
        pytest.raises(StorageError, match=f"process {holder.pid} is running study 's': wait") as caught,
        driver_lock(url, "s"),
    ):
        pass
    assert caught.value.exit_code == 2
    with driver_lock(url, "another"):
        pass


def test_a_killed_driver_leaves_no_lock(url, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with driver_lock(url, "s"):
        pass


def test_the_lock_is_free_afterwards_and_leaves_no_file(url, tmp_path):
    for _ in range(2):
        with driver_lock(url, "s"):
            assert (tmp_path / "studies" / "paretocaps.db.s.lock").read_text() == str(os.getpid())
    with pytest.raises(KeyError), driver_lock(url, "s"):
        raise KeyError
    assert [path.name for path in (tmp_path / "studies").iterdir()] == ["paretocaps.db"]


def test_one_process_does_not_drive_a_study_twice(url):
    with (
        driver_lock(url, "s"),
        pytest.raises(StorageError, match=f"process {os.getpid()}"),
        driver_lock(url, "s"),
    ):
        pass


def test_it_is_an_flock_so_that_drivers_of_older_versions_are_kept_out_and_keep_out(url, tmp_path):
    path = tmp_path / "studies" / "paretocaps.db.s.lock"
    with driver_lock(url, "s"), path.open() as stream, pytest.raises(BlockingIOError):
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with path.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        stream.write("4711")
        stream.flush()
        with pytest.raises(StorageError, match="process 4711 is running study"), driver_lock(url, "s"):
            pass


def test_the_folder_is_made_for_the_lock(tmp_path):
    with driver_lock(f"sqlite:///{tmp_path}/new/x.db", "a b"):
        assert len(list((tmp_path / "new").glob("x.db.a_b-*.lock"))) == 1


def test_a_folder_that_cannot_be_used(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(StorageError, match="cannot lock study 's'"),
        driver_lock(f"sqlite:///{tmp_path}/file/x.db", "s"),
    ):
        pass
