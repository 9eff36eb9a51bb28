import pytest

from paretocaps.models.geometry import Size
from paretocaps.models.trunks.resnet_shape import RESNET18, RESNET50


@pytest.mark.parametrize(
    ("trunk", "params", "macs", "convolutions"),
    [(RESNET18, 11_176_512, 1_813_561_344, 20), (RESNET50, 23_508_032, 4_087_136_256, 53)],
    ids=["resnet18", "resnet50"],
)
def test_the_published_networks_at_224(trunk, params, macs, convolutions):
    found = trunk.shape(3, Size(224, 224), ())
    assert len(found.convolutions) == convolutions
    assert sum(c.params for c in found.convolutions) == params
    assert sum(c.macs for c in found.convolutions) == macs
    assert found.size == found.kernel == Size(7, 7)


def test_the_stride_is_in_the_middle_convolution():
    found = {c.name: c for c in RESNET50.shape(3, Size(64, 64), ()).convolutions}
    assert [found[f"layer2.0.conv{n}"].stride for n in (1, 2, 3)] == [1, 2, 1]
    assert found["layer2.0.downsample.0"].stride == 2
    assert found["layer1.0.downsample.0"].stride == 1


def test_maps_that_are_added_are_tied():
    shape = RESNET18.shape(3, Size(64, 64), ())
    names = [c.name for c in shape.convolutions]
    groups = [{names[number] for number in group} for group in shape.groups]
    assert {"conv1", "layer1.0.conv2", "layer1.1.conv2"} in groups
    assert {"layer3.0.conv2", "layer3.0.downsample.0", "layer3.1.conv2"} in groups
    assert {"layer3.0.conv1"} in groups
