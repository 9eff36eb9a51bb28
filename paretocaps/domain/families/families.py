"""The families by name; packages add theirs through the entry-point group `paretocaps.families`."""

from paretocaps.domain.families.family import Family
from paretocaps.registry import Registry

BASELINE = "capsnet"
"""The family of the papers' baseline."""

FAMILIES: Registry[Family] = Registry(
    "family",
    {
        "capsnet": "paretocaps.domain.families.capsnet:CAPSNET",
        "residual_caps": "paretocaps.domain.families.residual_caps:RESIDUAL_CAPS",
        "momentum_caps": "paretocaps.domain.families.momentum_caps:MOMENTUM_CAPS",
        "backbone_caps": "paretocaps.domain.families.backbone_caps:BACKBONE_CAPS",
        "backbone_linear": "paretocaps.domain.families.backbone_linear:BACKBONE_LINEAR",
        "alexnet_caps": "paretocaps.domain.families.alexnet_caps:ALEXNET_CAPS",
        "resnet_caps": "paretocaps.domain.families.resnet_caps:RESNET_CAPS",
        "lenet5": "paretocaps.domain.families.lenet5:LENET5",
    },
    group="paretocaps.families",
    of=Family,
    check="paretocaps.domain.brought_choices:check_family",
)
