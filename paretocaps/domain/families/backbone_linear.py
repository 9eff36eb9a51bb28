"""A backbone as the classifier without capsules that it is known as, such as ResNet-50."""

from paretocaps.domain.families.family import Family

BACKBONE_LINEAR = Family(
    name="backbone_linear",
    description="a backbone and one linear layer on the means of its maps, without capsules",
    module="paretocaps.models.families.backbone_linear:BackboneLinear",
    parts="paretocaps.models.families.backbone_linear_shape:parts",
    kept="paretocaps.models.families.backbone_linear_shape:kept",
    trunk_choice="backbone",
    choices=("backbone", "frozen", "checkpoint"),
    defaults={"decoder": "none"},
    loss="cross_entropy",
    smallest_side=32,
    resizes="smaller",
    own_side=64,
)
"""Its images have the size of those of `backbone_caps`, whose backbones it trains first."""
