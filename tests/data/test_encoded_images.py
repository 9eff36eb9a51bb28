import numpy as np
import pytest

from paretocaps.data.encoded_images import EncodedData, EncodedPart


def part(count, origin="here"):
    return EncodedPart(
        np.zeros(count, np.int64), origin, lambda: iter([b"image"] * count), lambda row: f"{origin}/{row}"
    )


def test_a_part_is_as_long_as_its_labels_and_can_be_read_again():
    found = part(3)
    assert len(found) == 3
    assert list(found.files()) == list(found.files()) == [b"image"] * 3
    assert found.name(2) == "here/2"


@pytest.mark.parametrize("test", [None, part(1, "there")])
def test_the_parts_are_training_and_test_part_in_this_order(test):
    train = part(2)
    parts = EncodedData(train, test, "name", "fingerprint").parts
    assert parts == ((train,) if test is None else (train, test))


def test_data_are_not_equal_by_their_arrays():
    assert part(2) != part(2)  # comparing labels would give an array
