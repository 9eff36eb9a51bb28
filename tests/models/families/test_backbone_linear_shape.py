import pytest

from paretocaps.domain.choices import Choices
from paretocaps.models.architecture import architecture
from paretocaps.models.complexity import complexity, parameters
from paretocaps.models.families.backbone_linear_shape import kept


def shape(backbone, classes=1000):
    return architecture(Choices(family="backbone_linear", backbone=backbone), 64, 64, 3, classes)


@pytest.mark.parametrize(
    ("backbone", "params"), [("resnet18", 11_689_512), ("resnet50", 25_557_032), ("mobilenet_v1", 4_231_976)]
)
def test_it_has_the_parameters_that_are_published_for_1000_classes(backbone, params):
    assert parameters(shape(backbone)) == params


def test_the_backbone_and_the_linear_layer_are_its_parts():
    trunk, linear = complexity(shape("resnet18", classes=10))
    assert (trunk.name, linear.name) == ("trunk", "linear")
    assert (linear.params, linear.macs) == (5130, 5120)


def test_of_a_frozen_backbone_only_the_means_are_kept():
    found = shape("resnet18", classes=10)
    assert kept(found, frozen=True) == (512, 20)
    assert kept(found).computed > 100 * kept(found, frozen=True).computed
