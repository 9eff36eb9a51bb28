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


@pytest.mark.parametrize("names", [[], [".cat.jpg", "labels.txt"], ["train-images"]])
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


@pytest.mark.parametrize("inner", ["data", "raw", "MNIST/raw"])
def test_a_single_folder_with_files_is_read_and_that_is_told(tmp_path, write_idx, inner) -> None:
    (tmp_path / inner).mkdir(parents=True)
    (tmp_path / "README.md").touch()
    write_idx(tmp_path / inner, "train", PIXELS, np.arange(3))
    assert read_folder(str(tmp_path)).remarks == (f"{tmp_path} is read from its folder {tmp_path / inner}",)


def test_a_clone_of_the_hub_is_read(tmp_path, write_parquet) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / ".git").mkdir()
    write_parquet(tmp_path / "data" / "train-00000-of-00001.parquet", PIXELS, [0, 1, 2])
    assert len(read_folder(str(tmp_path)).train) == 3


@pytest.mark.parametrize(
    ("places", "remedy"),
    [
        (("MNIST/raw", "FashionMNIST/raw"), "name one of FashionMNIST/raw, MNIST/raw, such as --data {}"),
        (("train", "test"), "name the parts among test, train with --parts train=train,test=test"),
    ],
)
def test_several_folders_with_files_are_refused(tmp_path, refusal, write_parquet, places, remedy) -> None:
    for place in places:
        (tmp_path / place).mkdir(parents=True)
        write_parquet(tmp_path / place / "train.parquet", PIXELS, [0, 1, 2])
    message = refusal(read_folder, str(tmp_path))
    assert message.endswith(remedy.format(tmp_path / "FashionMNIST" / "raw"))


def test_class_folders_are_not_searched_for_other_files(tmp_path, class_folders, write_idx) -> None:
    class_folders(tmp_path)
    (tmp_path / "ant" / "raw").mkdir()
    write_idx(tmp_path / "ant" / "raw", "train", PIXELS, np.arange(3))
    assert read_folder(str(tmp_path)).class_names == ("ant", "bee", "cat")


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("fashion-mnist_train.csv", "get the data set as IDX or parquet files, or save its images as files"),
        ("archive.ZIP", "unpack it, and name the folder"),
    ],
)
def test_other_kinds_of_files_are_named_with_the_remedy(tmp_path, refusal, name, remedy) -> None:
    (tmp_path / name).touch()
    assert f"holds {name}, a kind of file that is not read: {remedy}" in refusal(read_folder, str(tmp_path))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_one_may_not_read(tmp_path, refusal) -> None:
    tmp_path.chmod(0)
    try:
        assert "cannot be read" in refusal(read_folder, str(tmp_path))
    finally:
        tmp_path.chmod(0o700)
