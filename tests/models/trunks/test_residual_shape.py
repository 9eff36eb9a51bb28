from paretocaps.domain.families.resnet_caps import RESNET_CAPS
from paretocaps.models.geometry import Size
from paretocaps.models.trunks.residual_shape import residual


def test_the_layers_of_the_paper():
    shape = residual(1, Size(78, 78))
    assert [(c.name, c.inputs, c.outputs, c.kernel.height, c.padding) for c in shape.convolutions] == [
        ("conv", 1, 32, 3, 1),
        *[
            (f"blocks.{block}.conv{number}", 32, 32, kernel, kernel // 2)
            for block in range(3)
            for number, kernel in ((1, 1), (2, 3))
        ],
    ]
    assert {c.size for c in shape.convolutions} == {Size(78, 78)}
    assert all(c.norm and c.bias and c.stride == 1 for c in shape.convolutions)
    assert (shape.kernel, shape.stride, shape.primary) == (Size(9, 9), 8, Size(9, 9))


def test_the_smallest_images_of_its_family_are_the_smallest_that_leave_a_capsule():
    assert RESNET_CAPS.smallest_side == 9
    assert residual(1, Size(9, 9)).primary == Size(1, 1)
    assert residual(1, Size(8, 8)).primary == Size(0, 0)
