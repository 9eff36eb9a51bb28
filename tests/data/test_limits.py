import numpy as np
import pytest

from paretocaps.data.raw_splits import read_splits
from paretocaps.domain.job import DataSpec
from paretocaps.errors import UsageError


def validation(**limits):
    return read_splits(DataSpec(**limits)).validation


def test_all_validation_images_are_kept_unless_less_is_said():
    assert len(validation(limit_train=100)) == len(validation(limit_validation="proportional")) == 144


@pytest.mark.parametrize(
    ("limit_train", "kept"),
    [(1294, 144), (1100, 122), (500, 100), (10, 100)],  # 1,100 of 1,294 are 0.85; then the fewest
)
def test_in_proportion_the_share_is_that_of_the_training_images(limit_train, kept):
    assert len(validation(limit_train=limit_train, limit_validation="proportional")) == kept


def test_validation_images_are_drawn_once_and_from_every_class():
    some = validation(limit_validation=30)
    assert np.array_equal(some.images, validation(limit_validation=30, limit_train=200).images)
    counts, wholes = np.bincount(some.labels), np.bincount(validation().labels)
    assert np.abs(counts - wholes * 30 / 144).max() < 1
    assert np.bincount(validation(limit_validation=10).labels).tolist() == [1] * 10


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        (145, "limit_validation=145 is more than the 144 validation images of digits: lower it"),
        (
            9,
            "limit_validation=9 is less than the 10 classes of digits, each of which needs an image: give 10",
        ),
    ],
)
def test_a_limit_that_cannot_be_kept_names_the_numbers(limit, message):
    with pytest.raises(UsageError, match=message):
        validation(limit_validation=limit)


def test_what_fewer_images_tell_is_said():
    limited = read_splits(DataSpec(limit_train=500, limit_validation="proportional"))
    assert "500 of 1,294 training, 100 of 144 validation, 359 test images" in limited.summary
    assert limited.remarks == (
        "100 of 144 validation images are used: the 95 % interval of an accuracy of 0.9 is then 0.826 to"
        " 0.945, with all 0.840 to 0.939 (--limit-validation N|all)",
    )
    assert read_splits(DataSpec(limit_train=500)).remarks == ()
