import errno
import os
from pathlib import Path

import pytest

from paretocaps.testing.writes import full_disk, recorded_writes
from paretocaps.writing import whole_file


def test_writes_are_recorded(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "read").write_text("before")
    with recorded_writes() as paths:
        Path("a").write_text("a")
        (tmp_path / "b").mkdir()
        os.replace("a", "c")
        os.close(os.open("d", os.O_RDWR | os.O_CREAT))
        with open("e", "ab"):
            pass
        os.remove("e")
        (tmp_path / "read").read_text()
    Path("after").touch()
    names = [path.relative_to(tmp_path).as_posix() for path in paths]
    assert names == ["a", "b", "c", "d", "e", "e"]


def test_devices_and_descriptors_do_not_count(tmp_path):
    with recorded_writes() as paths:
        with open(os.devnull, "w"):
            pass
        read, write = os.pipe()
        for descriptor, mode in ((read, "rb"), (write, "wb")):
            with open(descriptor, mode):
                pass
    assert paths == []


def test_recorders_nest(tmp_path):
    with recorded_writes() as outer:
        with recorded_writes() as inner:
            (tmp_path / "a").touch()
        (tmp_path / "b").touch()
    assert inner == [tmp_path / "a"]
    assert outer == [tmp_path / "a", tmp_path / "b"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_disk_is_full_for_a_while(tmp_path):
    def write():
        with whole_file(tmp_path / "a") as stream:
            stream.write(b"a")

    with full_disk(), pytest.raises(OSError, match="No space left on device") as caught:
        write()
    assert caught.value.errno == errno.ENOSPC
    assert list(tmp_path.iterdir()) == []
    write()
