"""The numbers that X-TrainCaps, FasTrCaps and Sabour et al. 2017 state, or imply, about their networks."""

import pytest
import torch

from paretocaps.domain.choices import Choices
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network
from paretocaps.models.capsules import squash
from paretocaps.models.complexity import complexity, multiply_adds, parameters
from paretocaps.models.losses import margin_loss
from paretocaps.training.spec import DESIGNS


def mnist(**choices):
    return architecture(Choices(**choices), 28, 28, 1, 10)


@pytest.mark.parametrize(
    ("choices", "expected"),
    [
        ({}, 8_215_728),
        ({"decoder": "reduced"}, 8_142_000),
        ({"weight_sharing": True}, 6_782_128),
        ({"weight_sharing": True, "decoder": "reduced"}, 6_708_400),
    ],
)
def test_parameters(choices, expected):
    described = mnist(**choices)
    assert parameters(described) == expected
    assert sum(p.numel() for p in build_network(described, seed=0).parameters()) == expected


def test_the_baseline_part_by_part():
    assert {part.name: part.params for part in complexity(mnist())} == {
        "conv1": 20_992,
        "primary": 5_308_672,
        "class_capsules": 1_474_560 + 160,
        "routing": 0,
        "decoder": 1_411_344,
    }


def test_the_8_2_to_6_7_million_of_the_papers_are_weight_sharing_and_the_reduced_decoder_together():
    assert f"{parameters(mnist()) / 1e6:.1f}" == "8.2"
    assert f"{parameters(mnist(**DESIGNS['ws'])) / 1e6:.1f}" == "6.7"
    assert f"{parameters(mnist(weight_sharing=True)) / 1e6:.1f}" == "6.8"


def test_the_decoder_shrinks_by_5_percent_from_1_4_to_1_3_million():
    full, reduced = (complexity(mnist(decoder=decoder))[-1].params for decoder in ("full", "reduced"))
    assert f"{full / 1e6:.1f} {reduced / 1e6:.1f}" == "1.4 1.3"
    assert (full - reduced) / full == pytest.approx(0.05, abs=0.003)


def test_multiply_adds_of_a_forward_pass():
    parts = {part.name: part.macs for part in complexity(mnist())}
    assert parts["primary"] == pytest.approx(191.1e6, abs=0.05e6)
    assert multiply_adds(mnist()) - parts["routing"] == pytest.approx(202.3e6, abs=0.05e6)
    assert multiply_adds(mnist()) == pytest.approx(203.2e6, abs=0.05e6)


def test_maps_and_capsules_of_the_baseline():
    network = build_network(mnist(), seed=0)
    seen = network.observe(torch.rand(1, 1, 28, 28))
    assert seen.features.shape == (1, 256, 20, 20)
    assert seen.capsules.shape == (1, 1152, 8)
    assert seen.couplings.shape == (1, 1152, 10)
    torch.testing.assert_close(seen.couplings.sum(2), torch.ones(1, 1152))


def test_weight_sharing_has_one_set_of_matrices_a_map():
    shared = build_network(mnist(weight_sharing=True), seed=0)
    assert shared.class_capsules.weight.numel() == 32 * 10 * 16 * 8


def test_squash_of_sabour_et_al_equation_1():
    vector = torch.tensor([3.0, 4.0])
    torch.testing.assert_close(squash(vector), 25 / 26 * vector / 5)


def test_margins_of_sabour_et_al_equation_4():
    absent = torch.tensor([[0.9, 0.1 + 0.2]])
    assert margin_loss(absent, torch.tensor([0])).item() == pytest.approx(0.5 * 0.2**2)
    missed = torch.tensor([[0.9 - 0.3, 0.1]])
    assert margin_loss(missed, torch.tensor([0])).item() == pytest.approx(0.3**2)
