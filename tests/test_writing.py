import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from paretocaps import writing
from paretocaps.testing.writes import full_disk
from paretocaps.writing import (
    private_file,
    private_folder,
    refuse_unwritable,
    remove_abandoned,
    whole_file,
    whole_folder,
)

# each dies by its own SIGKILL as its n-th step (opening, locking, renaming, removing) begins
DIE = """
import os, signal, sys
from pathlib import Path
from paretocaps.writing import whole_file, whole_folder

kind, path, last = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
done = [0]

def counted(event, arguments):
    if event in ("open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "fcntl.flock"):
        done[0] += 1
        if done[0] == last:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(counted)
if kind == "file":
    with whole_file(path) as stream:
        stream.write(b"new" * 10_000)
else:
    with whole_folder(path) as folder:
        (folder / "inside").mkdir()
        (folder / "inside" / "a").write_bytes(b"new" * 10_000)
"""
NEW = "new" * 10_000


def write_folder(path, content):
    with whole_folder(path) as folder:
        (folder / "a").write_text(content)


def write(path, content=b"new"):
    with whole_file(path) as stream:
        stream.write(content)


def fill(path, content="new"):
    with whole_folder(path) as folder:
        (folder / "inside").mkdir()
        (folder / "inside" / "a").write_text(content)


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def killed(kind, path, step):
    command = [sys.executable, "-c", DIE, kind, str(path), str(step)]
    return subprocess.run(command, check=False).returncode == -signal.SIGKILL


def test_a_file_appears_whole_with_its_folders(tmp_path):
    path = tmp_path / "a" / "b" / "c.txt"
    with whole_file(path) as stream:
        stream.write(b"ne")
        stream.flush()
        assert not path.exists()
        stream.write(b"w")
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["a", "a/b", "a/b/c.txt"]


def test_a_file_has_the_permissions_of_any_other(tmp_path):
    (tmp_path / "other").touch()
    write(tmp_path / "a")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "other").stat().st_mode


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, OSError])
def test_a_writer_that_fails_leaves_what_was_there(tmp_path, error):
    write(tmp_path / "a", b"old")
    fill(tmp_path / "f", "old")

    def file_half():
        with whole_file(tmp_path / "a") as stream:
            stream.write(b"half")
            raise error

    def folder_half():
        with whole_folder(tmp_path / "f") as folder:
            (folder / "half").touch()
            raise error

    for half in (file_half, folder_half):
        with pytest.raises(error):
            half()
    assert (tmp_path / "a").read_bytes() == b"old"
    assert (tmp_path / "f" / "inside" / "a").read_text() == "old"
    assert names(tmp_path) == ["a", "f", "f/inside", "f/inside/a"]


def test_writers_at_once_do_not_disturb_each_other(tmp_path):
    with whole_file(tmp_path / "a") as slow:
        slow.write(b"sl")
        write(tmp_path / "a", b"quick")
        assert (tmp_path / "a").read_bytes() == b"quick"
        slow.write(b"ow")
    assert (tmp_path / "a").read_bytes() == b"slow"
    with whole_folder(tmp_path / "f") as slowly:
        (slowly / "slow").touch()
        fill(tmp_path / "f")
    assert names(tmp_path) == ["a", "f", "f/slow"]


def test_a_folder_written_while_another_writer_replaces_it(tmp_path, monkeypatch):
    """The other one begins and ends between the two renames of the first, when nothing is at the place."""
    write_folder(tmp_path / "f", "old")
    rename, met = Path.rename, []

    def meet(self, target):
        if self.suffix == writing.PART and not met:
            met.append(self)
            write_folder(tmp_path / "f", "other")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", meet)
    write_folder(tmp_path / "f", "new")
    assert met
    assert (tmp_path / "f" / "a").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_a_folder_takes_the_place_of_what_was_there(tmp_path):
    fill(tmp_path / "deep" / "f")
    with whole_folder(tmp_path / "deep" / "f") as folder:
        (folder / "other").touch()
        assert (tmp_path / "deep" / "f" / "inside" / "a").exists()
    assert names(tmp_path) == ["deep", "deep/f", "deep/f/other"]


def test_a_folder_comes_back_where_it_cannot_be_replaced(tmp_path, monkeypatch):
    fill(tmp_path / "f", "old")
    rename = os.rename

    def failing(source, target):
        if Path(source).suffix == writing.PART:
            raise OSError(5, "Input/output error")
        rename(source, target)

    monkeypatch.setattr(os, "rename", failing)
    with pytest.raises(OSError, match=r"Input/output error: '.*/f'"):
        fill(tmp_path / "f")
    assert (tmp_path / "f" / "inside" / "a").read_text() == "old"
    assert names(tmp_path) == ["f", "f/inside", "f/inside/a"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_writer_killed_at_any_step_leaves_the_old_or_the_new(tmp_path, kind):
    path, step, died = tmp_path / "x", 0, True
    while died:
        step += 1
        write(path, b"old") if kind == "file" else fill(path, "old")
        assert [left.name for left in tmp_path.iterdir()] == ["x"]  # what the last one left is gone
        died = killed(kind, path, step)
        kept = path if path.exists() else next(tmp_path.glob("x.*.old"))
        content = (kept if kind == "file" else kept / "inside" / "a").read_text()
        assert content in ("old", NEW)
    assert content == NEW
    assert step > 8


def test_what_a_killed_writer_left_aside_comes_back(tmp_path):
    (tmp_path / "f.01234567.old").mkdir()
    (tmp_path / "f.01234567.old" / "mine").touch()
    with pytest.raises(KeyError), whole_folder(tmp_path / "f"):
        raise KeyError
    assert names(tmp_path) == ["f", "f/mine"]


def test_other_files_are_left_alone(tmp_path):
    others = ["a.01234567", "a.part", "a.x.part", "ab.01234567.part", "a.0123456.part", "b.01234567.old"]
    for name in others:
        (tmp_path / name).touch()
    write(tmp_path / "a")
    assert names(tmp_path) == sorted(["a", *others])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_drafts_of_killed_writers_can_be_removed_from_a_folder(tmp_path):
    (tmp_path / "a.0123abcd.part").touch()
    (tmp_path / "b").touch()
    with whole_file(tmp_path / "c"):
        remove_abandoned(tmp_path)
        assert len(list(tmp_path.iterdir())) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "c"]
    remove_abandoned(tmp_path / "missing")


def test_a_full_disk_names_the_file(tmp_path):
    write(tmp_path / "a", b"old")
    with full_disk(), pytest.raises(OSError, match=r"No space left on device: '.*/a'"):
        write(tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_place_that_cannot_be_written_is_named(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError, match=r"'.*/a'"):
        write(tmp_path / "a")
    tmp_path.chmod(0o700)


def test_whether_it_can_be_written_is_asked_without_writing(tmp_path):
    write(tmp_path / "a", b"old")
    refuse_unwritable(tmp_path / "a")
    refuse_unwritable(tmp_path / "b")
    assert names(tmp_path) == ["a"]
    with pytest.raises(FileExistsError):
        refuse_unwritable(tmp_path / "a" / "c")


def test_a_file_system_without_locks_will_do(tmp_path, monkeypatch):
    def unsupported(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(writing.fcntl, "flock", unsupported)
    (tmp_path / "a.01234567.part").touch()
    write(tmp_path / "a")
    assert names(tmp_path) == ["a", "a.01234567.part"]


def test_a_draft_taken_for_abandoned_before_it_was_locked_is_made_again(tmp_path, monkeypatch):
    made = []

    def swept(draft):
        made.append(draft)
        draft.touch()
        if len(made) == 1:
            draft.unlink()

    monkeypatch.setattr(writing, "_new_file", swept)
    write(tmp_path / "a")
    assert len(made) == 2
    assert names(tmp_path) == ["a"]


def rights(path):
    return path.stat().st_mode & 0o777


def test_a_whole_folder_is_its_owners_only(tmp_path):
    with whole_folder(tmp_path / "export") as part:
        (part / "a").write_text("a")
        (part / "b").mkdir()
    written = {path.name: rights(path) for path in (tmp_path / "export", *(tmp_path / "export").iterdir())}
    assert written == {"export": 0o700, "a": 0o600, "b": 0o700}


def test_private_folders_and_files_that_exist_keep_their_rights(tmp_path):
    tmp_path.chmod(0o755)
    private_folder(tmp_path / "a" / "b")
    private_file(tmp_path / "a" / "x")
    assert [rights(tmp_path / name) for name in (".", "a", "a/b", "a/x")] == [0o755, 0o700, 0o700, 0o600]
    for name, mode in (("a", 0o750), ("a/x", 0o640)):
        (tmp_path / name).chmod(mode)
    private_folder(tmp_path / "a")
    private_file(tmp_path / "a" / "x")
    assert [rights(tmp_path / name) for name in ("a", "a/x")] == [0o750, 0o640]


def test_a_draft_is_locked_while_it_is_removed_as_abandoned(tmp_path, monkeypatch):
    draft, seen = tmp_path / "a.01234567.part", []
    draft.touch()
    remove = writing._remove

    def watched(path):
        other = os.open(path, os.O_RDONLY)
        seen.append(writing._lock(other))
        os.close(other)
        remove(path)

    monkeypatch.setattr(writing, "_remove", watched)
    writing.remove_abandoned(tmp_path)
    assert seen == [False]
    assert not draft.exists()
