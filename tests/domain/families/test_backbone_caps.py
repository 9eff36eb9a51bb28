from typing import get_args

import pytest

from paretocaps.domain.families.backbone_caps import BACKBONE_CAPS, BACKBONES, Backbone
from paretocaps.models.geometry import Size
from paretocaps.models.trunks.shape import TRUNKS


@pytest.mark.parametrize("name", get_args(Backbone))
def test_a_backbone_hands_on_the_maps_that_its_trunk_writes(name):
    assert TRUNKS.get(name).shape(3, Size(64, 64), ()).channels == BACKBONES[name]


@pytest.mark.parametrize(("backbone", "types"), [("resnet18", 64), ("resnet50", 256), ("mobilenet_v1", 128)])
def test_it_has_a_capsule_type_per_eight_maps(backbone, types):
    assert BACKBONE_CAPS.default_choices({"backbone": backbone})["primary_capsules"] == types
    assert BACKBONE_CAPS.default_choices({})["primary_capsules"] == 256
