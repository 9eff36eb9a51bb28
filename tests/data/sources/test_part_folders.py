from pathlib import Path

import pytest

from paretocaps.data.sources.part_folders import PartFolders, all_classes, found_parts, named_parts
from paretocaps.domain.layout import Parts


def folders(root: Path, *names: str, classes: str = "ant bee") -> Path:
    """Make the folders `names`, those that end in / with an image and no class folders."""
    for name in names:
        for inner in [""] if name.endswith("/") else classes.split():
            (root / name / inner).mkdir(parents=True)
        if name.endswith("/"):
            (root / name / "1.png").touch()
    return root


@pytest.mark.parametrize(
    ("names", "test"),
    [
        (("training", "testing"), "testing"),
        (("TRAIN", "TEST"), "TEST"),
        (("train_set", "evals"), "evals"),
        (("seg_train", "seg_test", "seg_pred/"), "seg_test"),
        (("train", "test", "val"), "test"),
        (("Train", "training", "val", "validation", "evals"), "val"),
        (("trainingSet", "misc"), None),
        (("train", "images"), None),
    ],
)
def test_folders_that_look_like_parts_are_parts(tmp_path, names, test) -> None:
    found = found_parts(folders(tmp_path, *names))
    assert found.train == tmp_path / names[0]
    assert found.test == (None if test is None else tmp_path / test)
    assert found.validation is None


def test_what_is_not_used_is_told(tmp_path) -> None:
    (remark,) = found_parts(folders(tmp_path, "seg_train", "seg_test", "seg_pred/")).remarks
    assert remark == f"not used in {tmp_path}: seg_pred (validation images are taken from 'seg_train')"


def test_a_part_may_be_in_a_folder_of_its_own_name(tmp_path) -> None:
    found = found_parts(folders(tmp_path, "seg_train/seg_train", "seg_test/seg_test"))
    assert found.all == [tmp_path / "seg_train" / "seg_train", tmp_path / "seg_test" / "seg_test"]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("evals", "misc"), "has sub-folders that look like parts (evals), but none of training"),
        (
            ("ant/", "bee/", "test"),
            "(test), but none of training: name it with --parts train=FOLDER (. for those",
        ),
        (("train/", "test/"), "/train' looks like the training part, but has no class folders"),
        (("training", "train_set"), "train_set, training in"),
        (("train", "testing", "test_set"), "test_set, testing in"),
    ],
)
def test_parts_that_cannot_be_told_are_refused_and_not_classes(tmp_path, refusal, names, message) -> None:
    said = refusal(found_parts, folders(tmp_path, *names))
    assert message in said
    assert said.endswith("or read all sub-folders as classes with --classes-are-folders")


def test_a_folder_train_that_may_be_a_part_and_a_class_is_refused(tmp_path, refusal) -> None:
    folders(tmp_path, "train", "bus/")
    (tmp_path / "train" / "loose.png").touch()
    assert refusal(found_parts, tmp_path) == (
        f"'{tmp_path / 'train'}' may be the training part, by its folders (ant, bee), or a class, by its 1"
        " image in none of them: name it with --parts train=train, or read all sub-folders as classes with"
        " --classes-are-folders"
    )


@pytest.mark.parametrize(
    "names", [("bus/", "train/", "tram/"), ("bullet_train", "bus"), ("cats_train/", "dogs_train/")]
)
def test_classes_whose_names_have_a_word_of_parts(tmp_path, names) -> None:
    found = found_parts(folders(tmp_path, *names, classes="fast"))
    assert (found.all, found.remarks, found.anew) == ([tmp_path], (), ())


def test_other_folders_with_the_same_sub_folders_are_classes_and_that_is_told(tmp_path) -> None:
    found = found_parts(folders(tmp_path, "site_a", "site_b", "other/"))
    assert found.train == tmp_path
    (remark,) = found.remarks
    assert remark == (
        f"site_a, site_b in {tmp_path} are classes although they have the same sub-folders (ant, bee):"
        " if they are parts, name them with --parts train=site_a,test=site_b"
    )


def test_what_version_0_1_read_as_classes_is_read_anew(tmp_path) -> None:
    assert found_parts(folders(tmp_path / "old", "Train", "val")).anew == ()
    (phrase,) = found_parts(folders(tmp_path / "new", "training", "testing")).anew
    assert phrase == "training, testing are read as parts of the data"


def test_folders_that_version_0_1_read_as_parts_are_classes_anew(tmp_path) -> None:
    assert all_classes(folders(tmp_path / "old", "train/", "test/")) == PartFolders(tmp_path / "old")
    assert all_classes(folders(tmp_path / "new", "train", "test")).anew == (
        "all sub-folders are read as classes",
    )
    (tmp_path / "new" / "train" / "loose.png").touch()  # with it, version 0.1 read them as classes
    assert all_classes(tmp_path / "new").anew == ()


def test_parts_are_the_folders_that_the_user_names(tmp_path, refusal) -> None:
    folders(tmp_path, "site_a", "site_b", "x/site_c")
    found = named_parts(tmp_path, Parts(train="site_b", test="x/site_c", validation="site_a"))
    assert found.all == [tmp_path / "site_b", tmp_path / "x" / "site_c", tmp_path / "site_a"]
    message = refusal(named_parts, tmp_path, Parts(train="site"))
    assert "parts: 'site' is no sub-folder of" in message
    assert message.endswith("(sub-folders: site_a, site_b, x)")
    message = refusal(named_parts, tmp_path, Parts(train=".", test="x/site_c"))
    assert message.endswith("is in a class folder of another part: move it out")
