import fcntl
import os
import signal
import subprocess
import sys

import pytest

from paretocaps.lock_file import LockTakenError, holder, locked

HOLD = """
import sys
from pathlib import Path
from paretocaps.lock_file import locked
with locked(Path(sys.argv[1]), 0.0):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.lock"


@pytest.fixture
def other(path):
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def take(path, patience=0.0):
    with locked(path, patience):
        pass


def test_the_file_names_its_holder_and_stays(path):
    assert holder(path) is None
    with locked(path, 0.0):
        assert holder(path) == int(path.read_text()) == os.getpid()
        with pytest.raises(LockTakenError, match=f"^process {os.getpid()}$"):
            take(path)
    assert holder(path) is None
    assert path.exists()


def test_another_process_is_named_until_it_ends(path, other):
    with pytest.raises(LockTakenError) as caught:
        take(path)
    assert caught.value.owner == f"process {other.pid}"
    assert holder(path) == other.pid
    other.send_signal(signal.SIGKILL)
    other.wait()
    assert holder(path) is None
    take(path)


def test_a_holder_that_ends_in_time_is_waited_for(path, other):
    other.stdin.close()
    take(path, 60.0)


def test_what_is_in_the_file_is_kept_from_who_does_not_get_it(path, other):
    for _ in range(3):
        with pytest.raises(LockTakenError):
            take(path)
    assert path.read_text() == str(other.pid)


def test_it_is_an_flock_that_other_programs_may_take(path):
    with path.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with pytest.raises(LockTakenError, match="process unknown"):
            take(path)


def test_its_folder_is_made(tmp_path):
    take(tmp_path / "new" / "er" / "a.lock")
    assert (tmp_path / "new" / "er" / "a.lock").exists()


def test_a_file_that_cannot_be_is_an_os_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileExistsError):
        take(tmp_path / "file" / "a.lock")


def test_an_error_inside_frees_it(path):
    with pytest.raises(KeyError), locked(path, 0.0):
        raise KeyError
    take(path)
