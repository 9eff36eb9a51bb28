"""ResCapsNet, one of the two hybrids."""

from paretocaps.domain.families.family import Family

RESNET_CAPS = Family(
    name="resnet_caps",
    description="ResCapsNet, the hybrid: capsules on a convolution and three residual blocks",
    module="paretocaps.models.families.capsnet:CapsNet",
    trunk="residual",
    defaults={"decoder": "none", "primary_capsules": 16},
    prunes="trunk",
    smallest_side=9,
    resizes="always",
    own_side=78,
)
"""The paper resizes all images to 78x78."""
