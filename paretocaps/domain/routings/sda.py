"""Scaled-distance agreement (Peer et al. 2018)."""

from paretocaps.domain.routings.routing import LayerShape, Routing, agreement_sums


def _distance_sums(shape: LayerShape, iterations: int) -> int:
    """Count distances in place of agreements, plus the lengths of capsules and votes."""
    return agreement_sums(shape, iterations) + shape.pairs * shape.out_dim + shape.inputs * shape.in_dim


def _distances_kept(shape: LayerShape, iterations: int, every: bool) -> int:
    """Count the clips of the votes, and the couplings that are kept; with every iteration their squares."""
    return shape.pairs * (iterations + 1 if every else 2)


SDA = Routing(
    name="sda",
    description="scaled-distance agreement: votes that are near the output capsule count more",
    layer="paretocaps.models.routings.sda:ScaledDistance",
    gradient="all",
    sums=_distance_sums,
    kept=_distances_kept,
)
"""On 1,000 8x8 images of digits (3 iterations, 190 to 640 steps) it reached an accuracy of 0.94 with the
gradient through all iterations, and 0.3 to 0.7 with that through the last one."""
