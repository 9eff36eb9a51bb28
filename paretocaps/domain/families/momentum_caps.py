"""Blocks of capsule layers with momentum (MoCapsNet, Eqs. 3 and 4)."""

from dataclasses import replace

from paretocaps.domain.families.residual_caps import RESIDUAL_CAPS

MOMENTUM_CAPS = replace(
    RESIDUAL_CAPS,
    name="momentum_caps",
    description="as residual_caps, with momentum gamma, trained without storing intermediate states",
    chain="paretocaps.models.chain:MomentumChain",
    reversible=True,
    choices=(*RESIDUAL_CAPS.choices, "gamma"),
    same_as={"residual_caps": {"gamma": 0.0}},
)
