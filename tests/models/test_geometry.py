import pytest
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.errors import DataError
from paretocaps.models.geometry import Geometry, Size, geometry

SIDES = st.integers(8, 400)


@pytest.mark.parametrize(
    ("side", "kernel", "stride", "conv", "primary"),
    [
        (8, 3, 1, 6, 2),
        (9, 3, 1, 7, 3),
        (15, 5, 1, 11, 4),
        (28, 9, 1, 20, 6),
        (32, 9, 1, 24, 8),
        (41, 9, 1, 33, 13),
        (42, 9, 2, 17, 5),
        (64, 9, 2, 28, 10),
    ],
)
def test_sizes_of_square_images(side, kernel, stride, conv, primary):
    assert geometry(side, side) == Geometry(
        Size(kernel, kernel), Size(stride, stride), Size(conv, conv), Size(primary, primary)
    )


@given(SIDES, SIDES)
def test_kernels_are_odd_between_3_and_9_and_about_a_third_of_the_side(height, width):
    shape = geometry(height, width)
    for side, kernel in zip((height, width), shape.kernel, strict=True):
        assert kernel % 2 == 1
        assert 3 <= kernel <= 9
        assert kernel <= max(3, side / 3)
        assert kernel == 9 or kernel + 2 > side / 3


@given(SIDES, SIDES)
def test_each_side_follows_its_own_length(height, width):
    shape = geometry(height, width)
    rows, columns = geometry(height, height), geometry(width, width)
    for both, down, across in zip(shape, rows, columns, strict=True):
        assert both == (down.height, across.width)


@pytest.mark.slow
@given(SIDES, SIDES)
def test_no_map_is_empty(height, width):
    shape = geometry(height, width)
    assert all(conv >= kernel for conv, kernel in zip(shape.conv, shape.kernel, strict=True))
    assert shape.primary.positions >= 4


@pytest.mark.parametrize("size", [(7, 28), (28, 7), (1, 1), (0, 8)])
def test_too_small_images_are_refused_by_their_size(size):
    with pytest.raises(DataError, match=rf"{size[0]}x{size[1]} pixels .* 8x8"):
        geometry(*size)
