import os
from pathlib import Path

from paretocaps.testing.writes import recorded_writes


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
