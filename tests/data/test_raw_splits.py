import json

import numpy as np
import pytest
from pyarrow import parquet

from paretocaps.data.raw_splits import read_splits
from paretocaps.domain.job import DataSpec
from paretocaps.domain.pairs import pairs_of
from paretocaps.errors import DataError, UsageError


def test_digits_are_split_once_and_for_all():
    first, again = read_splits(DataSpec()), read_splits(DataSpec())
    assert (len(first.train), len(first.validation), len(first.test)) == (1294, 144, 359)
    assert first.classes == 10
    assert np.array_equal(first.validation.images, again.validation.images)


def test_the_limit_leaves_validation_and_test_as_they_are():
    whole, limited = read_splits(DataSpec()), read_splits(DataSpec(limit_train=100))
    assert len(limited.train) == 100
    assert np.array_equal(whole.validation.labels, limited.validation.labels)
    assert np.array_equal(whole.test.images, limited.test.images)


def test_more_than_there_is_names_both_numbers():
    with pytest.raises(UsageError, match="limit_train=1295 is more than the 1294 training images"):
        read_splits(DataSpec(limit_train=1295))


def test_a_limit_keeps_an_image_of_every_class_or_is_refused():
    assert np.bincount(read_splits(DataSpec(limit_train=10)).train.labels).tolist() == [1] * 10
    with pytest.raises(UsageError, match="limit_train=9 is less than the 10 classes of digits"):
        read_splits(DataSpec(limit_train=9))


def test_a_rare_class_keeps_its_image_and_the_parts_that_lack_it_are_named(tmp_path, class_folders):
    class_folders(tmp_path, "ant bee", count=20)
    class_folders(tmp_path, "cat", count=1)
    splits = read_splits(DataSpec(name=None, path=str(tmp_path)))
    assert np.bincount(splits.train.labels)[2] == 1
    assert splits.remarks == (
        "the validation part has no image of class cat: nothing is measured on them there",
        "the test part has no image of class cat: nothing is measured on them there",
    )


@pytest.mark.parametrize(
    ("parts", "text", "held_out"),
    [
        (None, "27 training, 3 validation, 6 test images (from val/)", ("validation",)),
        ("train=train", "22 training, 3 validation, 5 test images (held out)", ("validation", "test")),
        ("train=train,test=val", "27 training, 3 validation, 6 test images (from val/)", ("validation",)),
        ("train=train,val=val", "25 training, 6 validation (from val/), 5 test images (held out)", ("test",)),
    ],
)
def test_classes_and_parts_are_told_in_one_line(tmp_path, class_folders, parts, text, held_out):
    class_folders(tmp_path / "train", count=10)
    class_folders(tmp_path / "val", count=2)
    spec = DataSpec.model_validate({"name": None, "path": str(tmp_path), "parts": parts})
    splits = read_splits(spec)
    assert splits.told[0] == splits.summary == f"3 classes: ant, bee, cat; {text}"
    assert splits.told[1:] == splits.remarks
    assert splits.held_out == held_out


def test_long_lists_of_classes_are_shortened_and_a_limit_is_told(tmp_path, class_folders):
    class_folders(tmp_path, "a b c d e f g h i j k l m", count=4)
    assert read_splits(DataSpec(name=None, path=str(tmp_path), limit_train=20)).summary == (
        "13 classes: a, b, c, d, e, f, g, h, i, j and 3 more;"
        " 20 of 39 training, 4 validation, 9 test images (held out)"
    )


def test_rows_and_columns_are_exchanged_on_request(tmp_path, class_folders):
    class_folders(tmp_path, count=10, height=8, width=6)
    spec = DataSpec(name=None, path=str(tmp_path))
    plain = read_splits(spec)
    for size in (None, (6, 8)):
        turned = read_splits(spec.model_copy(update={"transpose": True, "size": size}))
        assert np.array_equal(turned.train.images, plain.train.images.swapaxes(2, 3))


def test_a_test_part_that_lacks_classes_is_told(tmp_path, class_folders):
    class_folders(tmp_path / "train", count=10)
    class_folders(tmp_path / "test", "bee", count=1)
    (remark,) = read_splits(DataSpec(name=None, path=str(tmp_path))).remarks
    assert remark == "the test part has no image of classes ant, cat: nothing is measured on them there"


def test_a_declared_class_without_a_training_image_is_refused(tmp_path, table, photo, refusal):
    metadata = {
        "huggingface": json.dumps({"info": {"features": {"label": {"names": ["ant", "bee", "cat"]}}}})
    }
    rows = table([photo(seed=seed) for seed in range(8)], [0, 1] * 4).replace_schema_metadata(metadata)
    parquet.write_table(rows, tmp_path / "train.parquet")
    message = refusal(read_splits, DataSpec(name=None, path=str(tmp_path)))
    assert message == (
        f"{tmp_path / 'train.parquet'}: no training image of class cat: add images, or declare only the"
        " classes that have some"
    )


def test_a_limit_that_left_a_class_empty_in_version_0_1_is_read_anew(tmp_path, write_parquet) -> None:
    write_parquet(tmp_path / "train.parquet", np.zeros((52, 5, 4), np.uint8), [0] * 50 + [1] * 2)
    spec = DataSpec(name=None, path=str(tmp_path), limit_train=4)
    assert np.bincount(read_splits(spec).train.labels).tolist() == [3, 1]
    assert read_splits(spec).anew == ("limit_train keeps an image of every class",)
    assert read_splits(spec.model_copy(update={"limit_train": None})).anew == ()


def test_with_pairs_each_image_lies_over_another_one_of_its_part():
    single, pairs = read_splits(DataSpec(limit_train=100)), read_splits(DataSpec(limit_train=100, pairs=True))
    assert (single.pairs, pairs.pairs) == (False, True)
    assert (pairs.classes, pairs.class_names[0], pairs.class_names[44]) == (45, "0+1", "8+9")
    assert "each laid over another one of another class" in pairs.summary
    for part in ("train", "validation", "test"):
        one, two = getattr(single, part), getattr(pairs, part)
        assert len(two) == len(one)
        assert two.shape == (1, 8 + 8, 8 + 8)
        assert all(own in pairs_of(10)[label] for own, label in zip(one.labels, two.labels, strict=True))


@pytest.mark.parametrize("names", ["ant bee", " ".join(f"c{number:02}" for number in range(46))])
def test_pairs_need_three_classes_and_make_no_thousands_of_labels(tmp_path, class_folders, names):
    class_folders(tmp_path, names, count=6)
    with pytest.raises(DataError, match=f"{len(names.split())} classes: pairs need 3 to 45 of them"):
        read_splits(DataSpec(name=None, path=str(tmp_path), pairs=True))
