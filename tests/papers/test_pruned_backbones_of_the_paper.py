"""Towards efficient capsule networks (pruned backbones): its counts of capsules and operations."""

import pytest

from paretocaps.domain.choices import Choices
from paretocaps.models.architecture import architecture
from paretocaps.models.complexity import (
    complexity,
    multiply_adds,
    params_by_role,
    training_multiply_adds,
)
from paretocaps.models.pruning.target import pruned
from paretocaps.models.pruning.trunk_target import following

FORWARD_AND_BACKWARD = 3
"""The paper's "FLOPS" of a training are three times the forward multiply-adds, two with a frozen backbone."""


def network(backbone, side, classes=10):
    choices = Choices(family="backbone_caps", backbone=backbone, image_size=side)
    return architecture(choices, side, side, 3, classes)


def part(shape, name):
    return next(found for found in complexity(shape) if found.name == name)


@pytest.mark.parametrize(
    ("backbone", "full", "channels", "capsules"),
    [
        ("resnet50", 2048, 2048, 256),
        ("resnet50", 2048, 1970, 246),
        ("resnet50", 2048, 1947, 243),
        ("resnet50", 2048, 944, 118),
        ("mobilenet_v1", 1024, 1024, 128),
        ("mobilenet_v1", 1024, 619, 77),
    ],
)
def test_capsules_follow_the_bottleneck(backbone, full, channels, capsules):
    whole = network(backbone, 64)
    assert whole.trunk_shape.channels == full
    widths, shape = list(whole.trunk_shape.widths), whole.trunk_shape
    for number in next(group for group in shape.groups if len(widths) - 1 in group):
        widths[number] = channels
    small = following(whole, tuple(widths))
    assert small.trunk_shape.channels == channels
    assert small.capsules == small.capsule_types == capsules == channels // 8


@pytest.mark.parametrize(
    ("share", "bottleneck", "capsules", "flops"),
    [(0.25, 1970, 246, 9.8), (0.5, 1947, 243, 6.7), (0.75, 944, 118, 3.2)],
)
def test_the_pruned_networks_of_table_1_can_be_chosen(share, bottleneck, capsules, flops):
    whole = network("resnet50", 224, classes=200)
    small = pruned(whole, share, bottleneck, "backbone")
    assert (small.trunk_shape.channels, small.capsules) == (bottleneck, capsules)
    assert round(FORWARD_AND_BACKWARD * multiply_adds(small) / 1e9, 1) == flops


@pytest.mark.parametrize(
    ("backbone", "side", "classes", "trunk", "primary", "capsules"),
    [
        ("resnet50", 64, 10, 23_508_032, 2048 * 2048 * 2**2 + 2048, 256 * 10 * 16 * 8),  # 16.78 M
        ("resnet50", 224, 200, 23_508_032, 2048 * 2048 * 7**2 + 2048, 256 * 200 * 16 * 8),  # 205.5 M
        ("mobilenet_v1", 64, 10, 3_206_976, 1024 * 1024 * 2**2 + 1024, 128 * 10 * 16 * 8),
        ("mobilenet_v1", 224, 200, 3_206_976, 1024 * 1024 * 7**2 + 1024, 128 * 200 * 16 * 8),
    ],
)
def test_the_parameters_of_every_part(backbone, side, classes, trunk, primary, capsules):
    shape = network(backbone, side, classes)
    assert set(shape.trunk_shape.kernel) == {side // 32}
    assert params_by_role(shape) == {
        "trunk_params": trunk,
        "primary_params": primary,
        "capsule_params": capsules,
    }


def test_operations_of_the_whole_network_are_those_of_table_1():
    shape = network("resnet50", 224, classes=200)
    assert FORWARD_AND_BACKWARD * multiply_adds(shape) / 1e9 == pytest.approx(12.9, rel=0.02)


def test_resnet50_has_the_stride_in_the_larger_convolution():
    # 4.09 G with the 1000-way classifier; the network of He et al. with the stride before has 3.86 G
    assert part(network("resnet50", 224), "trunk").macs + 2048 * 1000 == pytest.approx(4.09e9, rel=0.01)


def test_a_frozen_backbone_is_not_trained_and_costs_no_more_than_the_paper_says():
    shape = network("resnet50", 64)
    trunk, primary = part(shape, "trunk").macs, part(shape, "primary").macs
    rest = multiply_adds(shape) - trunk
    frozen, whole = training_multiply_adds(shape, frozen=True), training_multiply_adds(shape)
    assert frozen == trunk + 3 * rest - primary < 2 * multiply_adds(shape)
    assert whole == 3 * multiply_adds(shape) - shape.trunk_shape.convolutions[0].macs
