"""Files travel once, whole, and never out of their folder."""

import os

import pytest

from paretocaps.errors import TrainingError
from paretocaps.execution.folder_mirror import Changes, FolderMirror
from paretocaps.writing import whole_file


@pytest.fixture
def there(tmp_path):
    (tmp_path / "there").mkdir()
    return tmp_path / "there"


def test_what_was_written_is_told_once(there):
    (there / "checkpoint.pt").write_bytes(b"one")
    mirror = FolderMirror(there)
    assert mirror.changes() == Changes({"checkpoint.pt": b"one"})
    assert mirror.changes() == Changes()


def test_a_file_that_was_replaced_is_told_again_even_at_the_same_time_and_size(there):
    path = there / "checkpoint.pt"
    path.write_bytes(b"one")
    mirror = FolderMirror(there)
    mirror.changes()
    at = path.stat().st_mtime_ns
    with whole_file(path) as stream:
        stream.write(b"two")
    os.utime(path, ns=(at, at))
    assert mirror.changes() == Changes({"checkpoint.pt": b"two"})


def test_what_is_gone_is_told(there):
    (there / "checkpoint.pt").write_bytes(b"one")
    mirror = FolderMirror(there)
    mirror.changes()
    (there / "checkpoint.pt").unlink()
    assert mirror.changes() == Changes(gone=("checkpoint.pt",))


def test_drafts_locks_and_links_stay_and_logs_come_at_the_end(there):
    for name in ("worker.lock", "worker.log", "rank-1.log", "weights.pt.0123abcd.part"):
        (there / name).write_bytes(b"x")
    (there / "link").symlink_to(there / "worker.log")
    mirror = FolderMirror(there)
    assert mirror.changes() == Changes()
    assert mirror.changes(ended=True) == Changes({"rank-1.log": b"x", "worker.log": b"x"})


def test_the_copy_has_the_same_files(there, tmp_path):
    (there / "sub").mkdir()
    (there / "sub" / "a").write_bytes(b"1")
    (there / "b").write_bytes(b"2")
    here, mirror = tmp_path / "here", FolderMirror(there)
    mirror.changes().apply(here)
    (there / "b").unlink()
    mirror.changes().apply(here)
    assert [path.name for path in here.rglob("*") if path.is_file()] == ["a"]
    assert (here / "sub" / "a").read_bytes() == b"1"


@pytest.mark.parametrize("name", ["../a", "/etc/a", "sub/../../a", "", "a\0b", "..\\a"])
@pytest.mark.parametrize("gone", [False, True])
def test_no_name_leads_out_of_the_folder(name, gone, tmp_path):
    changes = Changes(gone=("b", name)) if gone else Changes({"b": b"", name: b""})
    with pytest.raises(TrainingError, match="is no file of a training's folder"):
        changes.apply(tmp_path / "here")
    assert not (tmp_path / "here").exists()
