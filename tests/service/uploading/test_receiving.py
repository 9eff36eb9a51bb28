"""Uploads are received whole or not at all, and checked by a process of their own."""

import json
import os
import stat
import subprocess
import sys
from dataclasses import replace

import pytest

from paretocaps.errors import DataError, StateError, TooLargeError, UsageError
from paretocaps.service.uploading import data_sets, receive, receiving, remove_left
from tests.data.uploaded.hostile import LIMITS
from tests.data.uploaded.packing import flowers, png, zipped

WHOLE = zipped(flowers(10))


def keep(folder, content, name="flowers", limits=LIMITS, **options):
    with receive(folder, limits) as incoming:
        for at in range(0, len(content), 500):
            incoming.write(content[at : at + 500])
        return incoming.keep(name, **options)


def test_an_upload_becomes_a_named_set_that_studies_can_read(tmp_path):
    about = keep(tmp_path, WHOLE, owner="ann", reading={"channels": 3, "corrupt": None})
    assert (about.data, about.kind, about.owner, about.files) == ("upload:flowers", "upload", "ann", 20)
    assert about.told[0].startswith("2 classes: daisy, rose; 15 training")
    assert about.reading == {"channels": 3}
    assert data_sets(tmp_path, None) == [about]
    assert os.listdir(tmp_path / "uploads") == ["flowers"]
    assert stat.S_IMODE((tmp_path / "uploads" / "flowers").stat().st_mode) == 0o700


def test_what_is_hostile_is_refused_and_leaves_nothing(tmp_path):
    with pytest.raises(DataError, match="the file '../evil', whose path leads out of it"):
        keep(tmp_path, zipped({**flowers(), "../evil": b""}))
    with pytest.raises(DataError, match="class folder 'flowers/json' holds no images"):
        keep(tmp_path, zipped({"json/__init__.py": b"1/0", **flowers()}))  # it is not imported
    assert os.listdir(tmp_path / "uploads") == []


def test_images_of_too_many_pixels_and_readers_that_take_too_much_are_refused(tmp_path):
    large = {**flowers(), "daisy/9.png": png(size=(300, 300))}
    with pytest.raises(DataError, match=r"daisy/9.png is corrupt \(Image size \(90000 pixels\) exceeds"):
        keep(tmp_path, zipped(large), limits=replace(LIMITS, pixels=10_000))
    with pytest.raises(TooLargeError, match="could not be read within 0.01 s"):
        keep(tmp_path, WHOLE, limits=replace(LIMITS, seconds=0.01))


def test_a_reader_that_ends_without_an_answer_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(DataError, match="its reader ended with status 1; pack and send it again"):
        keep(tmp_path, WHOLE)


def test_an_upload_of_too_many_bytes_is_refused_while_it_comes_in(tmp_path):
    with receive(tmp_path, replace(LIMITS, size=1000)) as incoming:
        incoming.write(bytes(1000))
        with pytest.raises(TooLargeError, match="more than 1e-06 GB"):
            incoming.write(b"1")
    assert os.listdir(tmp_path / "uploads") == []


def test_a_disk_that_fills_is_told(tmp_path):
    with (
        pytest.raises(TooLargeError, match="disk has .* GB left: remove an upload"),
        receive(tmp_path, replace(LIMITS, spare=10**18)),
    ):
        pass


def test_names_are_checked_and_taken_once(tmp_path):
    with pytest.raises(UsageError, match="name='../x' is not allowed: give up to 64 small letters"):
        keep(tmp_path, WHOLE, name="../x")
    with pytest.raises(UsageError, match="channels=2 is not allowed"):
        keep(tmp_path, WHOLE, reading={"channels": 2})
    (tmp_path / "uploads" / "flowers").mkdir()
    with pytest.raises(StateError, match="there is an upload called 'flowers': give another name"):
        keep(tmp_path, WHOLE)


_KILLED = """
import os, sys
from pathlib import Path
from paretocaps.service.uploading import receive
from tests.data.uploaded.hostile import LIMITS
with receive(Path(sys.argv[1]), LIMITS) as incoming:
    incoming.write(b"some")
    os._exit(9)
"""


def test_what_a_killed_service_left_is_removed_by_the_next(tmp_path):
    subprocess.run([sys.executable, "-c", _KILLED, tmp_path], check=False)
    with receive(tmp_path, LIMITS):
        assert len(os.listdir(tmp_path / "uploads")) == 2
        remove_left(tmp_path)
        assert len(os.listdir(tmp_path / "uploads")) == 1  # the one that is being received
    assert os.listdir(tmp_path / "uploads") == []


def test_the_reader_is_told_no_secrets(tmp_path, monkeypatch):
    monkeypatch.setenv("PARETOCAPS_TOKENS", "secret")
    seen = {}
    popen = subprocess.Popen

    def spied(*args, **options):
        seen.update(options["env"])
        return popen(*args, **options)

    monkeypatch.setattr(subprocess, "Popen", spied)
    keep(tmp_path, WHOLE)
    assert "secret" not in json.dumps(seen)


def test_what_is_given_up_while_it_is_checked_ends_and_is_not_kept(tmp_path, monkeypatch):
    with receive(tmp_path, LIMITS) as incoming:
        incoming.write(WHOLE)
        incoming.give_up()
        with pytest.raises(DataError, match="its reader was ended by SIGKILL"):
            incoming.keep("flowers")
    monkeypatch.setattr(receiving, "_checked", lambda *_: {"told": [], "files": 1, "bytes": 1})
    with receive(tmp_path, LIMITS) as incoming:
        incoming.give_up()
        (incoming._draft / "flowers").mkdir()
        with pytest.raises(StateError, match="the upload 'flowers' was given up: send it again"):
            incoming.keep("flowers")
    assert os.listdir(tmp_path / "uploads") == []
