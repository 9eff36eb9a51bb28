"""Every registered family keeps the contract of families."""

import pytest

from paretocaps.domain.choices import Choices
from paretocaps.domain.families.families import FAMILIES
from paretocaps.models.architecture import architecture
from paretocaps.testing.family import FamilyContract

STEM = {"conv_channels": 8, "capsule_types": 4, "decoder_units": (6, 9)}
BLOCKS = {**STEM, "layer_capsules": 5}
SMALL = {
    "capsnet": ({"pruning_ratio": 0.5}, STEM),
    "residual_caps": ({"stem_convolutions": 2}, BLOCKS),
    "momentum_caps": ({"routing": "sda", "gamma": 0.5}, BLOCKS),
    "resnet_caps": ({"image_size": 17}, {}),
    "lenet5": ({}, {}),
}
"""Choices, and widths of the architecture, for small networks of the families."""
MOBILENET = {"backbone": "mobilenet_v1", "image_size": 32}
WIDTHS = architecture(Choices(family="backbone_caps", **MOBILENET), 32, 32, 1, 4).trunk_shape.widths
"""Its choices, and its widths before they are made smaller."""
NARROW = tuple(width // 4 for width in WIDTHS)
LARGE = {
    "alexnet_caps": ({}, {}),
    "backbone_caps": (
        MOBILENET,
        {"trunk_channels": NARROW, "capsule_types": 8},
    ),
    "backbone_linear": (MOBILENET, {"trunk_channels": NARROW}),
}
"""The same for the other families."""


def test_every_family_is_tested():
    assert {*SMALL, *LARGE} == set(FAMILIES)


@pytest.mark.slow
class TestFamily(FamilyContract):
    @pytest.fixture(autouse=True, params=list(SMALL))
    def family_of(self, request):
        self.name = request.param
        self.choices, self.widths = SMALL[self.name]


@pytest.mark.slow
class TestLargeFamily(FamilyContract):
    @pytest.fixture(autouse=True, params=list(LARGE))
    def family_of(self, request):
        self.name = request.param
        self.choices, self.widths = LARGE[self.name]
