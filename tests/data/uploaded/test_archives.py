"""Whole archives are unpacked; hostile and broken ones are refused in one line, and write nowhere else."""

import os
import stat

import pytest

from paretocaps.data.uploaded.archives import unpack
from paretocaps.errors import DataError, TooLargeError
from tests.data.uploaded.hostile import LIMITS
from tests.data.uploaded.packing import flowers, png, tarred, zipped


def unpacked(tmp_path, content):
    """Unpack an upload; return the names and bytes of its files."""
    (tmp_path / "upload").write_bytes(content)
    unpack(tmp_path / "upload", tmp_path / "set", LIMITS)
    files = [path for path in (tmp_path / "set").rglob("*") if path.is_file()]
    return {path.relative_to(tmp_path / "set").as_posix(): path.read_bytes() for path in files}


@pytest.mark.parametrize(
    "pack",
    [zipped, tarred, *(lambda files, mode=mode: tarred(files, mode) for mode in ("w:gz", "w:bz2", "w:xz"))],
)
def test_an_archive_of_each_kind_is_unpacked(tmp_path, pack):
    assert unpacked(tmp_path, pack(flowers())) == flowers()


def test_a_folder_around_everything_is_left_out_and_so_are_hidden_files(tmp_path):
    more = {"__MACOSX/x/daisy/0.png": b"", "x/.DS_Store": b"", "x/.git/config": b""}
    assert unpacked(tmp_path, zipped({**flowers(below="x/"), **more})) == flowers()


def test_paths_of_windows_are_read(tmp_path):
    files = {name.replace("/", "\\"): content for name, content in flowers(below="x/").items()}
    assert unpacked(tmp_path, zipped(files)) == flowers()


def test_files_are_for_their_owner_only_and_no_programs(tmp_path):
    unpacked(tmp_path, tarred(flowers()))
    modes = {
        stat.S_IMODE(os.stat(tmp_path / "set" / name).st_mode) for name in ("daisy", "rose", "rose/0.png")
    }
    assert modes == {0o700, 0o600}


def test_a_parquet_file_becomes_the_training_part(tmp_path):
    assert unpacked(tmp_path, b"PAR1...PAR1") == {"train.parquet": b"PAR1...PAR1"}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"hello", "the upload begins with 68656c6c, and is no archive that can be read: send a zip"),
        (b"", "the upload is empty, and is no archive"),
        (zipped({"../a.png": png()}), "the upload has the file '../a.png', whose path leads out of it"),
        (zipped({"a/b\n.png": png()}), r"whose name has characters that are no text: rename it"),
        (tarred(flowers())[:4096], "the upload is a truncated or corrupt tar file (it has no end)"),
    ],
)
def test_what_is_refused_is_told_with_the_remedy(tmp_path, content, text):
    with pytest.raises(DataError) as refused:
        unpacked(tmp_path, content)
    assert text in str(refused.value)


def test_too_many_bytes_are_refused_before_they_are_all_written(tmp_path):
    with pytest.raises(TooLargeError, match="unpacks to more than 100 times its size"):
        unpacked(tmp_path, zipped({"a/0.png": bytes(50 * 2**20)}))
    written = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
    assert written < 6 * 2**20


def test_too_many_files_are_refused(tmp_path):
    with pytest.raises(TooLargeError, match="more than 1,000 files: send fewer"):
        unpacked(tmp_path, zipped({f"a/b/{number}": b"" for number in range(999)}))  # and two folders
