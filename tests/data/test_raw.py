import numpy as np
import pytest

from paretocaps.data.raw import RawData, RawPart, check_labels, check_raw, count_classes, size


def part(labels, shape=(1, 2, 3), dtype=np.uint8, label_dtype=np.int64, images=None, origin="there"):
    pixels = np.zeros((len(labels) if images is None else images, *shape), dtype)
    return RawPart(pixels, np.array(labels, label_dtype), origin)


def test_take_copies_what_it_is_asked_for() -> None:
    whole = RawPart(np.arange(12, dtype=np.uint8).reshape(3, 1, 2, 2), np.array([5, 6, 7]), "there")
    taken = whole.take(np.array([2, 0]))
    assert taken.labels.tolist() == [7, 5]
    assert taken.images[:, 0, 0, 0].tolist() == [8, 0]
    assert taken.origin == "there"
    assert not np.shares_memory(taken.images, whole.images)
    assert len(taken) == 2


def test_classes_are_declared_or_counted() -> None:
    assert check_raw(RawData(part([0, 2, 1]), part([2]))) == 3
    assert check_raw(RawData(part([0, 2]), classes=7)) == 7


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 13])
def test_any_number_of_channels_is_data(channels) -> None:
    assert check_raw(RawData(part([0, 1], shape=(channels, 8, 8)))) == 2


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (RawData(part([0], dtype=np.float32)), "there: images are float32"),
        (RawData(part([0], shape=(0, 3, 3))), "there: images are uint8 [1, 0, 3, 3]"),
        (RawData(part([0], shape=(0, 3, 3))), "1 channel or more is needed"),
        (RawData(part([0], shape=(3, 3))), "uint8 [N, C, H, W]"),
        (RawData(part([0, 1], images=3)), "labels are int64 [2] for 3 images"),
        (RawData(part([0], label_dtype=np.int32)), "int64 [1] is needed"),
        (RawData(part([])), "there: no images"),
        (RawData(part([0], shape=(1, 0, 3))), "there: no images"),
        (RawData(part([0, 1]), part([], origin="test")), "test: no images"),
        (RawData(part([0]), part([0], shape=(1, 4, 4), origin="test")), "test: images of 4x4x1, but there"),
        (RawData(part([0, 1]), part([1, 2], origin="test")), "test: label 2 of row 1 is out of range"),
        (RawData(part([0, 9]), classes=9), "label 9 of row 1 is out of range: it must be 0 to 8"),
        (RawData(part([0, -1])), "label -1 of row 1 is out of range: it must not be negative"),
        (RawData(part([0, 1, 3])), "no image has label 2 although labels go up to 3"),
        (RawData(part([1, 2])), "no image has label 0"),
    ],
)
def test_unfit_data_is_refused_with_its_place(data, message, refusal) -> None:
    assert message in refusal(check_raw, data)


def test_counting_survives_an_absurd_label(refusal) -> None:
    assert "no image has label 1" in refusal(count_classes, np.array([0, 2**62]), "there")


def test_labels_in_range_pass() -> None:
    check_labels(np.array([0, 4]), 5, "there")
    check_labels(np.array([0, 400]), None, "there")


def test_size_reads_as_people_write_it() -> None:
    assert size((3, 28, 32)) == "28x32x3"


def test_every_part_is_checked_and_changed() -> None:
    data = RawData(part([0, 1]), validation=part([1, 0], origin="validation"))
    changed = data.with_parts(lambda one: RawPart(one.pixels + 1, one.labels, one.origin))
    assert [one.pixels.min() for one in changed.parts] == [one.pixels.min() + 1 for one in data.parts]
    assert changed.test is None
    assert [one.origin for one in changed.parts] == ["there", "validation"]
