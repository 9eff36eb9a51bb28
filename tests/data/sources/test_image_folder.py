import os

import numpy as np
import pytest

from paretocaps.data.arrays import decoded
from paretocaps.data.sources.folder import read_folder
from paretocaps.data.tensor_splits import load
from paretocaps.domain.job import DataSpec


def read(folder, **options):
    return decoded(read_folder(str(folder)), DataSpec(name=None, path=str(folder), **options))


def test_classes_are_the_sub_folders_sorted_by_name(tmp_path, class_folders) -> None:
    data = read(class_folders(tmp_path, "cat ant bee"))
    assert data.class_names == ("ant", "bee", "cat")
    assert data.classes == 3
    assert data.test is None
    assert data.remarks == ()
    assert data.train.labels.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert data.train.images.shape == (12, 3, 8, 8)


def test_every_image_keeps_its_pixels_and_its_label(tmp_path, encode) -> None:
    for label, name in enumerate(["ant", "bee"]):
        (tmp_path / name).mkdir()
        for number in range(3):
            pixels = np.full((4, 5, 3), 100 * label + number)
            (tmp_path / name / f"{number}.png").write_bytes(encode(pixels))
    data = read(tmp_path)
    assert data.train.images[:, 0, 0, 0].tolist() == [0, 1, 2, 100, 101, 102]
    assert data.train.labels.tolist() == [0, 0, 0, 1, 1, 1]


def test_names_in_capitals_and_deeper_folders_count_and_others_do_not(tmp_path, class_folders, photo) -> None:
    class_folders(tmp_path, "ant bee", count=1)
    (tmp_path / "ant" / "more" / "still").mkdir(parents=True)
    (tmp_path / "ant" / "more" / "still" / "A.JPG").write_bytes(photo(format="JPEG"))
    for other in ("notes.txt", ".hidden.png"):
        (tmp_path / "ant" / other).write_text("nothing")
    (tmp_path / ".git").mkdir()
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / "README.md").write_text("nothing")
    assert read(tmp_path).train.labels.tolist() == [0, 0, 1]


@pytest.mark.parametrize("names", [("train", "test"), ("Train", "TEST")])
def test_a_training_and_a_test_part(tmp_path, class_folders, names) -> None:
    class_folders(tmp_path / names[0])
    class_folders(tmp_path / names[1], "bee cat", count=2)
    data = read(tmp_path)
    assert data.class_names == ("ant", "bee", "cat")
    assert (len(data.train), len(data.test)) == (12, 4)
    assert data.test.labels.tolist() == [1, 1, 2, 2]
    assert data.remarks == ()


@pytest.mark.parametrize("name", ["val", "valid", "validation"])
def test_a_validation_folder_serves_as_the_test_part_and_that_is_said(tmp_path, class_folders, name) -> None:
    class_folders(tmp_path / "train")
    class_folders(tmp_path / name, count=1)
    data = read(tmp_path)
    assert len(data.test) == 3
    (remark,) = data.remarks
    assert remark == f"{tmp_path / name} is the test part: there is no folder 'test' next to 'train'"


def test_what_is_not_used_is_said(tmp_path, class_folders) -> None:
    for name in ("train", "test", "val"):
        class_folders(tmp_path / name)
    (remark,) = read(tmp_path).remarks
    assert remark == f"not used in {tmp_path}: val (validation images are taken from 'train')"


def test_a_training_part_alone_is_split_as_any_other(tmp_path, class_folders) -> None:
    class_folders(tmp_path / "train", count=10)
    splits = load(DataSpec(name=None, path=str(tmp_path)))
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (22, 3, 5)
    assert splits.class_names == ("ant", "bee", "cat")


def test_a_class_may_be_called_train(tmp_path, class_folders) -> None:
    assert read(class_folders(tmp_path, "bus train tram")).class_names == ("bus", "train", "tram")


def test_a_class_without_images(tmp_path, class_folders, refusal) -> None:
    class_folders(tmp_path)
    (tmp_path / "dog").mkdir()
    (tmp_path / "dog" / "notes.txt").write_text("none yet")
    message = refusal(read, tmp_path)
    assert message.startswith(f"class folder '{tmp_path / 'dog'}' holds no images (.jpg, ")
    assert message.endswith("add some, or remove it")


def test_one_class_only(tmp_path, class_folders, refusal) -> None:
    message = refusal(read, class_folders(tmp_path, "cat"))
    assert "holds one class only ('cat'): give each class a sub-folder of its own" in message


def test_a_class_of_the_test_part_that_the_training_part_has_not(tmp_path, class_folders, refusal) -> None:
    class_folders(tmp_path / "train")
    class_folders(tmp_path / "test", "ant cats")
    message = refusal(read, tmp_path)
    assert message.startswith(f"class folder '{tmp_path / 'test' / 'cats'}' has no counterpart in ")
    assert "did you mean 'cat'?" in message


def test_an_empty_test_part(tmp_path, class_folders, refusal) -> None:
    class_folders(tmp_path / "train")
    (tmp_path / "test").mkdir()
    assert "has no class folders: put each class's images into one" in refusal(read, tmp_path)


def test_changed_files_are_prepared_anew(tmp_path, class_folders, photo) -> None:
    class_folders(tmp_path)
    before = read(tmp_path)
    assert read(tmp_path).train.pixels.filename == before.train.pixels.filename
    (tmp_path / "ant" / "0.png").write_bytes(photo(seed=999))
    os.utime(tmp_path / "ant" / "0.png", (1, 1))
    after = read(tmp_path)
    assert after.train.pixels.filename != before.train.pixels.filename
    assert after.train.images[0].tolist() != before.train.images[0].tolist()
    assert after.train.images[1:].tolist() == before.train.images[1:].tolist()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every folder")
def test_a_class_one_may_not_read(tmp_path, class_folders, refusal) -> None:
    class_folders(tmp_path)
    (tmp_path / "ant").chmod(0)
    try:
        assert "cannot be read" in refusal(read, tmp_path)
    finally:
        (tmp_path / "ant").chmod(0o700)
