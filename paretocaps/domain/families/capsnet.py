"""The network of Sabour et al. 2017, and plain stacks of capsule layers."""

from paretocaps.domain.families.family import CAPSULE_CHOICES, Family

CAPSNET = Family(
    name="capsnet",
    description="one or two convolutions and capsules; with blocks, further capsule layers in sequence",
    module="paretocaps.models.families.capsnet:CapsNet",
    choices=(*CAPSULE_CHOICES, "blocks", "capsules", "stem_convolutions"),
    class_bias=True,
    prunes="stem",
    smallest_side=8,
)
