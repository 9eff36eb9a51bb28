"""Capsules on the backbone of a known classifier (Efficient CapsNets with pruned backbones)."""

from collections.abc import Mapping
from typing import Any, Literal

from paretocaps.domain.families.family import CAPSULE_CHOICES, Family

Backbone = Literal["resnet18", "resnet50", "mobilenet_v1"]
BACKBONES = {"resnet18": 512, "resnet50": 2048, "mobilenet_v1": 1024}
"""The backbones by name, each with S, the maps that it hands on to the primary capsules."""
BACKBONE: Backbone = "resnet50"
"""The backbone where nothing is said."""


def _capsule_types(values: Mapping[str, Any]) -> int:
    """The types of primary capsules on S maps, floor(S / 8) (Eq. 6)."""
    maps = BACKBONES.get(
        values.get("backbone", BACKBONE), 8
    )  # what is no backbone is refused for its own sake
    return maps // 8


BACKBONE_CAPS = Family(
    name="backbone_caps",
    description="capsules on a backbone, with random weights or those of a checkpoint, frozen or trained",
    module="paretocaps.models.families.capsnet:CapsNet",
    trunk_choice="backbone",
    choices=(*CAPSULE_CHOICES, "backbone", "frozen", "checkpoint"),
    defaults={"decoder": "none", "primary_capsules": _capsule_types},
    paper_std=0.1,
    prunes="trunk",
    measured=("latency", "bottleneck_entropy"),
    smallest_side=32,
    resizes="smaller",
    own_side=64,
)
"""The paper shows a backbone images of 64x64; its published code draws from N(0, 0.1)."""
