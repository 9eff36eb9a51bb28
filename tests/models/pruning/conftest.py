import pytest

from paretocaps.models.architecture import Architecture

TRUNKS = ("resnet18", "resnet50", "mobilenet_v1", "alexnet", "residual")


@pytest.fixture
def narrow():
    """Make an architecture on a trunk, with an eighth of its channels and so of its capsules."""

    def make(trunk, part=8, side=32, **changes):
        base = {"height": side, "width": side, "channels": 3, "classes": 4, "decoder": "none"}
        family = {"alexnet": "alexnet_caps", "residual": "resnet_caps"}.get(trunk, "backbone_caps")
        whole = Architecture(**base, family=family, trunk=trunk)
        widths = tuple(width // part for width in whole.trunk_shape.widths)
        types = max(1, whole.trunk_shape.channels // part // 8)
        return Architecture(
            **{
                **base,
                "family": family,
                "trunk": trunk,
                "trunk_channels": widths,
                "capsule_types": types,
                **changes,
            }
        )

    return make
