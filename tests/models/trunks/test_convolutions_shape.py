import pytest

from paretocaps.errors import DataError
from paretocaps.models.geometry import Size
from paretocaps.models.trunks.convolutions_shape import convolutions


def test_the_convolution_of_sabour_et_al():
    shape = convolutions(1, Size(28, 28), (256,))
    (conv1,) = shape.convolutions
    assert (conv1.name, conv1.outputs, conv1.kernel, conv1.size) == ("conv1", 256, Size(9, 9), Size(20, 20))
    assert (shape.size, shape.kernel, shape.stride) == (Size(20, 20), Size(9, 9), 2)
    assert (shape.primary, shape.widths) == (Size(6, 6), (256,))


def test_a_second_one_keeps_the_maps():
    _, second = convolutions(3, Size(32, 28), (64, 48)).convolutions
    assert (second.name, second.inputs, second.outputs, second.kernel) == ("conv2", 64, 48, Size(3, 3))
    assert second.size == convolutions(3, Size(32, 28), (64,)).size


def test_images_below_8_pixels_are_refused():
    with pytest.raises(DataError, match="7x28"):
        convolutions(1, Size(7, 28), (256,))
