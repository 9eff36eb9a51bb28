"""LeNet5 (LeCun et al. 1998), the network without capsules that FasTrCaps compares with."""

from paretocaps.domain.families.family import Family

LENET5 = Family(
    name="lenet5",
    description="LeNet5: two convolutions and three linear layers, without capsules",
    module="paretocaps.models.families.lenet5:LeNet5",
    parts="paretocaps.models.families.lenet5_shape:parts",
    kept="paretocaps.models.families.lenet5_shape:kept",
    choices=(),
    loss="cross_entropy",
    smallest_side=28,
    resizes="smaller",
)
