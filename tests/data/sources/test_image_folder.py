import os
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from paretocaps.data.arrays import decoded
from paretocaps.data.sources.folder import read_folder
from paretocaps.data.tensor_splits import load
from paretocaps.domain.job import DataSpec
from paretocaps.domain.layout import Parts

EXACT = {".jfif": {"format": "JPEG", "quality": 100}, ".jp2": {"irreversible": False}}


def read(folder, **options):
    spec = DataSpec(name=None, path=str(folder), **options)
    return decoded(read_folder(str(folder), spec.layout), spec)


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


@pytest.mark.parametrize("suffix", [".jfif", ".PPM", ".pgm", ".jp2"])
def test_further_kinds_of_images_are_read(tmp_path, suffix) -> None:
    pixels = np.arange(48, dtype=np.uint8).reshape(4, 12)
    for name in ("ant", "bee"):
        (tmp_path / name).mkdir()
        Image.fromarray(pixels).save(tmp_path / name / f"0{suffix}", **EXACT.get(suffix, {}))
    data = read(tmp_path)
    assert data.remarks == ()
    assert data.train.images.shape == (2, 1, 4, 12)
    assert np.abs(data.train.images[0, 0].astype(int) - pixels).max() <= (8 if suffix == ".jfif" else 0)


def test_sixteen_bits_of_a_portable_graymap_are_scaled(tmp_path) -> None:
    for name in ("ant", "bee"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "0.pgm").write_bytes(b"P5 2 1 65535\n" + bytes([200, 1, 0, 0]))
    assert read(tmp_path).train.images[0].tolist() == [[[255, 0]]]


def test_files_that_are_left_out_are_counted_and_named(tmp_path, class_folders) -> None:
    class_folders(tmp_path / "train")
    class_folders(tmp_path / "test")
    for name in (
        "train/ant/a.heic",
        "train/bee/more/b.HEIC",
        "test/ant/c.heic",
        "train/ant/d.txt",
        "test/bee/e",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "train" / "ant" / ".DS_Store").write_bytes(b"x")
    (remark,) = read(tmp_path).remarks
    assert remark.startswith(
        f"left out in {tmp_path}: 3 .heic, 1 .txt, 1 without a suffix (image files are .jpg,"
    )


def test_suffixes_beyond_five_are_counted_together(tmp_path, class_folders) -> None:
    class_folders(tmp_path)
    for number in range(8):
        (tmp_path / "ant" / f"a.x{number}").write_bytes(b"x")
    (remark,) = read(tmp_path).remarks
    assert ": 1 .x0, 1 .x1, 1 .x2, 1 .x3, 1 .x4, 3 of other suffixes (" in remark


def test_only_what_programs_leave_behind_is_no_class(tmp_path, class_folders) -> None:
    class_folders(tmp_path, "__init __MACOSX __pycache__ ant")
    class_folders(tmp_path / "ant" / "__MACOSX", "more")
    data = read(tmp_path)
    assert data.class_names == ("__init", "ant")
    assert data.train.labels.tolist() == [0] * 4 + [1] * 4


def test_a_class_means_the_same_in_both_unicode_forms(tmp_path, class_folders) -> None:
    class_folders(tmp_path / "train", "caf\u00e9 cafz")
    class_folders(tmp_path / "test", "cafe\u0301 cafz", count=1)
    data = read(tmp_path)
    assert data.class_names == ("cafz", "caf\u00e9")
    assert data.train.labels.tolist() == [0] * 4 + [1] * 4
    assert data.test.labels.tolist() == [0, 1]


def test_two_classes_of_one_name_in_two_unicode_forms(tmp_path, class_folders, refusal) -> None:
    message = refusal(read, class_folders(tmp_path, "caf\u00e9 cafe\u0301"))
    assert message.endswith(
        "has two class folders called 'caf\u00e9', whose accents are encoded differently: move the images of"
        " both into one"
    )


def test_images_prepared_by_other_rules_are_not_used(tmp_path, class_folders) -> None:
    """The same files in the same order, of which a class was once a part of another one."""
    encoded = read_folder(str(class_folders(tmp_path, "ant bee cat")))
    old = replace(encoded, train=replace(encoded.train, labels=np.arange(12) // 6))
    assert decoded(old, DataSpec()).train.labels.tolist() == [0] * 6 + [1] * 6
    assert decoded(encoded, DataSpec()).train.labels.tolist() == [0] * 4 + [1] * 4 + [2] * 4


@pytest.mark.parametrize("parts", [("train", "test"), ("train", "val"), ("train",)])
def test_a_loose_picture_does_not_turn_parts_into_classes(tmp_path, class_folders, photo, parts) -> None:
    for part in parts:
        class_folders(tmp_path / part)
        (tmp_path / part / "loose.png").write_bytes(photo())
    data = read(tmp_path)
    assert data.class_names == ("ant", "bee", "cat")
    assert (len(data.train), data.test and len(data.test)) == (12, 12 if len(parts) == 2 else None)
    for part in parts:
        assert f"left out in {tmp_path / part}: 1 image in no class folder" in data.remarks
    assert data.anew  # version 0.1 read the parts as classes


def test_images_that_version_0_1_left_out_are_read_anew(tmp_path, class_folders, photo) -> None:
    class_folders(tmp_path, "ant bee", count=1)
    assert read_folder(str(tmp_path)).anew == ()
    (tmp_path / "ant" / "x.JFIF").write_bytes(photo())
    class_folders(tmp_path, "__cat", count=2)
    assert read_folder(str(tmp_path)).anew == (
        "3 images of further suffixes or in folders whose names begin with __ are read",
    )


def test_a_class_called_train_may_have_deeper_folders(tmp_path, class_folders, photo) -> None:
    class_folders(tmp_path, "bus train tram", count=1)
    class_folders(tmp_path / "train", "steam", count=2)
    data = read(tmp_path)
    assert data.class_names == ("bus", "train", "tram")
    assert data.train.labels.tolist() == [0, 1, 1, 1, 2]


def test_images_in_deeper_and_linked_folders_are_of_the_nearest_class(tmp_path, class_folders, photo) -> None:
    class_folders(tmp_path / "data", "ant bee", count=1)
    class_folders(tmp_path / "data" / "ant" / "more", "still bee", count=2)
    class_folders(tmp_path / "elsewhere", "cat", count=3)
    os.symlink(tmp_path / "elsewhere" / "cat", tmp_path / "data" / "cat", target_is_directory=True)
    os.symlink(tmp_path / "elsewhere" / "cat", tmp_path / "data" / "bee" / "more", target_is_directory=True)
    data = read(tmp_path / "data")
    assert data.class_names == ("ant", "bee", "cat")
    assert data.train.labels.tolist() == [0] * 3 + [1] * 6 + [2] * 3
    place = tmp_path / "data" / "ant"
    assert data.remarks == (f"2 images in {place} are of class 'bee', which a nearer folder names",)
    assert data.anew == (
        "3 images in linked folders are read",
        "2 images are of the nearest folder that names a class",
    )


def test_the_user_says_which_folders_are_parts_or_that_all_are_classes(tmp_path, class_folders) -> None:
    for name, count in (("site_a", 3), ("site_b", 2), ("test", 1)):
        class_folders(tmp_path / name, count=count)
    data = read(tmp_path, parts=Parts(train="site_a", test="test", validation="site_b"))
    assert [len(part) for part in data.parts] == [9, 3, 6]
    assert data.validation.labels.tolist() == [0, 0, 1, 1, 2, 2]
    assert np.array_equal(data.validation.images, read(tmp_path / "site_b").train.images)
    assert read(tmp_path, classes_are_folders=True).class_names == ("site_a", "site_b", "test")


def test_the_folders_beside_a_part_are_the_training_part(tmp_path, class_folders) -> None:
    class_folders(tmp_path)
    class_folders(tmp_path / "test", count=1)
    data = read(tmp_path, parts=Parts(train=".", test="test"))
    assert data.class_names == ("ant", "bee", "cat")
    assert (len(data.train), len(data.test)) == (12, 3)


def test_a_class_without_images(tmp_path, class_folders, refusal) -> None:
    class_folders(tmp_path)
    (tmp_path / "dog").mkdir()
    (tmp_path / "dog" / "notes.txt").write_text("none yet")
    message = refusal(read, tmp_path)
    assert message.startswith(f"class folder '{tmp_path / 'dog'}' holds no images (.jpg, ")
    assert message.endswith("add some, or remove it")


def test_one_class_only(tmp_path, class_folders, refusal) -> None:
    message = refusal(read, class_folders(tmp_path, "cat"))
    assert message.endswith(
        "holds one class only ('cat'): give each class a sub-folder of its own, two or more"
    )
    class_folders(tmp_path / "cat", "wild tame")
    assert refusal(read, tmp_path).endswith(
        f"or name '{tmp_path / 'cat'}' if its sub-folders are the classes or parts"
    )


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


def test_a_class_whose_name_is_no_text_is_named(tmp_path, class_folders, refusal) -> None:
    class_folders(tmp_path)
    os.rename(tmp_path / "ant", os.fsencode(tmp_path) + b"/caf\xe9")
    assert "has a name that is no UTF-8 text: rename it" in refusal(read, tmp_path)
