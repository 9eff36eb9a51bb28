import pytest

from paretocaps.domain.choices import Choices
from paretocaps.models.architecture import architecture
from paretocaps.models.families.lenet5_shape import lenet5
from paretocaps.models.geometry import Size


def shape(height, width, channels=1, classes=10, **choices):
    return lenet5(architecture(Choices(family="lenet5", **choices), height, width, channels, classes))


def test_mnist_is_surrounded_to_32x32():
    found = shape(28, 28)
    first, second = found.convolutions
    assert (first.inputs, first.outputs, first.kernel, first.size) == (1, 6, Size(5, 5), Size(28, 28))
    assert (second.inputs, second.outputs, second.kernel, second.size) == (6, 16, Size(5, 5), Size(10, 10))
    assert found.linear == ((400, 120), (120, 84), (84, 10))


@pytest.mark.parametrize(("side", "units"), [(28, 400), (29, 400), (32, 16 * 6 * 6), (64, 16 * 14 * 14)])
def test_larger_images_leave_larger_maps_to_the_linear_layers(side, units):
    assert shape(side, side, 3).linear[0] == (units, 120)


def test_small_images_are_resized_first():
    assert shape(8, 8, classes=4).linear == ((400, 120), (120, 84), (84, 4))
    assert shape(64, 64, image_size=28).linear[0] == (400, 120)
