import pytest

from paretocaps.data.decode import INTEGERS, REALS, UPPER, Header
from paretocaps.data.deep_images import DeepImages
from paretocaps.errors import DataError

PLAIN = Header(8, 8, 1)


def found(*headers, train=9) -> DeepImages:
    images = DeepImages(train, lambda row: f"image {row}")
    for row, header in enumerate(headers):
        images.add(row, header if isinstance(header, Header) else Header(8, 8, 1, *header))
    return images


def test_eight_bits_have_no_levels() -> None:
    images = found(PLAIN, PLAIN)
    assert (images.levels(None), images.scaled, images.upper) == (None, 0, 0)


def test_one_range_is_that_of_the_whole_training_part() -> None:
    rows = (INTEGERS, (7, 90)), PLAIN, (INTEGERS, (20, 4095)), (INTEGERS, (0, 65_535))
    assert found(*rows, train=3).levels(None) == (7, 4095)
    assert found(*rows, train=3).scaled == 3
    assert found(*rows).levels(None) == (0, 65_535)
    assert found(*rows, train=3).levels((1, 2)) == (1, 2)
    assert found((REALS, (-1.5, 2.5))).levels(None) == (-1.5, 2.5)


def test_only_the_test_part_is_deep() -> None:
    images = found(PLAIN, (INTEGERS, (0, 9)), train=1)
    with pytest.raises(
        DataError, match="image 1 has more than 8 bits .* have 8: convert the images to 8 bits"
    ):
        images.levels(None)
    assert images.levels((0, 9)) == (0, 9)


def test_integers_and_real_numbers_are_not_mixed() -> None:
    images = found((REALS, (0, 1)), (INTEGERS, (0, 9)))
    with pytest.raises(DataError, match="of image 1 are integers, those of image 0 floating-point numbers: "):
        images.levels(None)


def test_colours_that_use_the_lower_bits_are_refused() -> None:
    assert found((UPPER, (0, 15)), (UPPER, (0, 128))).levels(None) is None
    with pytest.raises(DataError, match=r"image 0 and all other 16-bit colours .* brightest is 127 of 255"):
        found((UPPER, (0, 15)), (UPPER, (0, 127)), (UPPER, (0, 255)), train=2).levels(None)
