import os

import numpy as np
import pytest

from paretocaps.data.arrays import decoded
from paretocaps.data.sources import folder
from paretocaps.domain.job import DataSpec

PIXELS = np.arange(3 * 4 * 5).reshape(3, 4, 5)


def read_folder(path):
    return decoded(folder.read_folder(path), DataSpec())


def test_idx_files_are_found(tmp_path, write_idx) -> None:
    write_idx(tmp_path, "train", PIXELS, np.arange(3))
    (tmp_path / "README.md").write_text("not an image")
    assert read_folder(str(tmp_path)).train.images[:, 0].tolist() == PIXELS.tolist()


def test_parquet_files_are_found(tmp_path, write_parquet) -> None:
    write_parquet(tmp_path / "train.parquet", PIXELS, [0, 1, 2])
    assert read_folder(str(tmp_path)).train.images[:, 0].tolist() == PIXELS.tolist()


def test_a_home_folder_may_be_written_with_a_tilde(tmp_path, write_idx, monkeypatch) -> None:
    write_idx(tmp_path, "train", PIXELS, np.arange(3))
    monkeypatch.setenv("HOME", str(tmp_path.parent))
    assert len(read_folder(f"~/{tmp_path.name}").train) == 3


def test_a_missing_folder(tmp_path, refusal) -> None:
    message = refusal(read_folder, str(tmp_path / "absent"))
    assert (
        "absent' does not exist: name a folder with a sub-folder of images for each class, IDX files"
        in message
    )


def test_a_file(tmp_path, refusal) -> None:
    (tmp_path / "train.parquet").write_bytes(b"")
    assert "is a file, not a folder" in refusal(read_folder, str(tmp_path / "train.parquet"))


@pytest.mark.parametrize("names", [[], [".cat.jpg", "labels.csv"], ["train-images"]])
def test_neither_kind(tmp_path, refusal, names) -> None:
    for name in names:
        (tmp_path / name).write_bytes(b"x")
    assert "holds no images that can be read: name a folder with a sub-folder" in refusal(
        read_folder, str(tmp_path)
    )


def test_both_kinds(tmp_path, refusal, write_idx, write_parquet) -> None:
    write_idx(tmp_path, "train", PIXELS, np.arange(3))
    write_parquet(tmp_path / "train.parquet", PIXELS, [0, 1, 2])
    assert "holds both IDX and parquet files: keep one kind" in refusal(read_folder, str(tmp_path))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_one_may_not_read(tmp_path, refusal) -> None:
    tmp_path.chmod(0)
    try:
        assert "cannot be read" in refusal(read_folder, str(tmp_path))
    finally:
        tmp_path.chmod(0o700)
