import pytest

from paretocaps.domain.families.alexnet_caps import ALEXNET_CAPS
from paretocaps.models.geometry import Size
from paretocaps.models.trunks.alexnet_shape import alexnet


def test_the_layers_of_the_paper():
    shape = alexnet(1, Size(28, 28))
    assert [(c.inputs, c.outputs, c.kernel.height, c.stride, c.padding) for c in shape.convolutions] == [
        (1, 64, 11, 4, 2),
        (64, 192, 5, 1, 2),
        (192, 384, 3, 1, 1),
        (384, 256, 3, 1, 1),
        (256, 256, 3, 1, 1),
    ]
    assert [c.size for c in shape.convolutions] == [Size(6, 6), *[Size(2, 2)] * 4]
    assert (shape.size, shape.primary, shape.kernel, shape.stride) == (Size(2, 2), Size(2, 2), Size(1, 1), 1)


@pytest.mark.parametrize(("side", "maps"), [(28, 2), (32, 3), (64, 7), (224, 27)])
def test_larger_images_leave_larger_maps(side, maps):
    assert alexnet(3, Size(side, side)).primary == Size(maps, maps)


def test_the_smallest_images_of_its_family_leave_maps():
    smallest = ALEXNET_CAPS.smallest_side
    assert alexnet(3, Size(smallest, smallest)).primary == Size(2, 2)
