"""Blocks of capsule layers, each layer with a skip connection (MoCapsNet, Eq. 2)."""

from dataclasses import replace

from paretocaps.domain.families.capsnet import CAPSNET

RESIDUAL_CAPS = replace(
    CAPSNET,
    name="residual_caps",
    description="as capsnet, with blocks of capsule layers, each layer with a skip connection",
    chain="paretocaps.models.chain:ResidualChain",
    fewest_blocks=1,
    defaults={"blocks": 1},
)
