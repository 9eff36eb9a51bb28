"""Capsules on the backbone of a known classifier (Efficient CapsNets with pruned backbones)."""

from collections.abc import Mapping
from typing import Any, Literal

from paretocaps.domain.families.family import CAPSULE_CHOICES, Family

Backbone = Literal["resnet18", "resnet50", "mobilenet_v1"]
BACKBONES = {"resnet18": 512, "resnet50": 2048, "mobilenet_v1": 1024}
"""The backbones by name, each with S, the number of feature maps that the primary capsules read."""
BACKBONE: Backbone = "resnet50"
"""The default backbone."""


def _capsule_types(values: Mapping[str, Any]) -> int:
    """Return the number of types of primary capsules on S maps, floor(S / 8) (Eq. 6)."""
    maps = BACKBONES.get(values.get("backbone", BACKBONE), 8)  # the check of `backbone` refuses others
    return maps // 8


BACKBONE_CAPS = Family(
    name="backbone_caps",
    description="capsules on a backbone, with random weights or those of a checkpoint, frozen or trained",
    module="paretocaps.models.families.capsnet:CapsNet",
    trunk_choice="backbone",
    choices=(*CAPSULE_CHOICES, "backbone", "frozen", "checkpoint", "bottleneck", "pruning_share_of"),
    defaults={"decoder": "none", "primary_capsules": _capsule_types},
    paper_std=0.1,
    prunes="trunk",
    measured=("latency", "bottleneck_entropy"),
    smallest_side=32,
    resizes="smaller",
    own_side=64,
)
"""The paper gives a backbone images of 64x64 pixels; its published code initialises with N(0, 0.1)."""
