"""AlexCapsNet, one of the two hybrids."""

from paretocaps.domain.families.family import Family

ALEXNET_CAPS = Family(
    name="alexnet_caps",
    description="AlexCapsNet: capsules on five convolutions like AlexNet's",
    module="paretocaps.models.families.capsnet:CapsNet",
    trunk="alexnet",
    defaults={"decoder": "none", "primary_capsules": 32},
    prunes="trunk",
    smallest_side=28,
    resizes="smaller",
)
