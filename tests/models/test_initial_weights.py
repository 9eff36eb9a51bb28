import pytest
import torch
from torch import nn

from paretocaps.models.architecture import Architecture
from paretocaps.models.initial_weights import capsule_stds, initialise_normal, initialise_uniform

SHAPE = {"height": 28, "width": 28, "channels": 1, "classes": 10}


def test_uniform_weights_and_biases_are_within_the_root_of_the_fan_in():
    layer = nn.Linear(100, 2000)
    initialise_uniform(layer, torch.Generator().manual_seed(0))
    for drawn in (layer.weight, layer.bias):
        assert drawn.abs().max().item() == pytest.approx(0.1, rel=0.01)
        assert drawn.std().item() == pytest.approx(0.1 / 3**0.5, rel=0.05)


def test_normal_weights_have_the_root_of_the_fan_in_as_deviation():
    layer = nn.Linear(100, 2000)
    initialise_normal(layer, torch.Generator().manual_seed(0))
    assert layer.weight.std().item() == pytest.approx(0.1, rel=0.02)
    assert not layer.bias.any()


def test_without_blocks_the_deviation_follows_from_what_votes():
    assert capsule_stds(Architecture(**SHAPE), skips=False) == [pytest.approx(1152**-0.5)]
    shared = Architecture(**SHAPE, weight_sharing=True)
    assert capsule_stds(shared, skips=False) == [pytest.approx((1152 * 36) ** -0.5)]


def test_layers_with_skips_start_smaller():
    blocks = Architecture(**SHAPE, blocks=1)
    plain, skipped = capsule_stds(blocks, skips=False), capsule_stds(blocks, skips=True)
    assert (plain[0], plain[-1]) == (skipped[0], skipped[-1])
    assert [one / other for one, other in zip(plain[1:-1], skipped[1:-1], strict=True)] == [
        pytest.approx(6.0)
    ] * 2


def test_a_routing_may_say_the_deviation():
    assert capsule_stds(Architecture(**SHAPE, routing="em", capsule_dim=17, class_dim=17), skips=False) == [
        0.1
    ]
