import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paretocaps.data.pairs import overlapped
from paretocaps.data.raw import RawPart
from paretocaps.domain.pairs import SHIFT, pairs_of
from paretocaps.errors import DataError

CLASSES = 4


def part_of(labels, side=3):
    """Images of one value each, by which they are told apart."""
    values = np.arange(1, len(labels) + 1, dtype=np.uint8)
    pixels = np.broadcast_to(values[:, None, None, None], (len(labels), 2, side, side)).copy()
    return RawPart(pixels, np.array(labels, np.int64), "made")


@given(
    st.lists(st.integers(0, CLASSES - 1), min_size=2, max_size=40).filter(lambda each: len(set(each)) > 1),
    st.integers(0, 9),
)
@settings(max_examples=60)
def test_each_image_lies_over_one_of_another_class_and_the_label_is_their_pair(labels, seed):
    part = part_of(labels)
    made = overlapped(part, CLASSES, seed)
    assert made.shape == (2, 3 + 2 * SHIFT, 3 + 2 * SHIFT)
    assert len(made) == len(part)
    total = np.array([9 * value for value in range(1, len(labels) + 1)])  # of the pixels of each image
    for place, (image, label) in enumerate(zip(made.images, made.labels, strict=True)):
        np.testing.assert_array_equal(image[0], image[1])
        rest = int(image[0].sum()) - total[place]
        second = int(rest // 9) - 1
        assert rest == total[second]
        assert pairs_of(CLASSES)[label] == tuple(sorted((labels[place], labels[second])))
        assert labels[place] != labels[second]


def test_pairs_follow_from_the_seed_and_values_are_added_up_to_white():
    part = part_of([0, 1] * 20)
    same, other = overlapped(part, 2, 0), overlapped(part, 2, 1)
    np.testing.assert_array_equal(same.images, overlapped(part, 2, 0).images)
    assert not np.array_equal(same.images, other.images)
    white = RawPart(np.full((2, 1, 28, 28), 200, np.uint8), np.array([0, 1]), "made")
    values = set(overlapped(white, 2, 0).images.ravel().tolist())
    assert values == {0, 200, 255}  # alone, and together


def test_every_image_of_another_class_is_as_likely():
    part = part_of([0] * 10 + [1] * 2 + [2] * 3)
    made = [overlapped(part, 3, seed).labels for seed in range(400)]
    ones = np.mean([labels[:10] == 0 for labels in made])  # pair (0, 1)
    assert ones == pytest.approx(2 / 5, abs=0.03)


def test_pairs_need_two_classes_and_pixels():
    with pytest.raises(DataError, match="made: pairs need images of two classes"):
        overlapped(part_of([1, 1]), 2, 0)
    deep = RawPart(np.zeros((2, 1, 3, 3), np.float32), np.array([0, 1]), "made")
    with pytest.raises(DataError, match="not of float32"):
        overlapped(deep, 2, 0)
