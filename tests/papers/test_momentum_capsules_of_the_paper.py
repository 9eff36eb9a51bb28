"""The numbers that MoCapsNet states, or implies, about its networks."""

import pytest
import torch

from paretocaps.domain.choices import Choices
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network
from paretocaps.models.complexity import complexity, parameters
from paretocaps.training.memory import saved_bytes

BATCH = 128
MIB = 2**20


def mnist(**choices):
    return architecture(Choices(**choices), 28, 28, 1, 10)


@pytest.mark.parametrize("family", ["capsnet", "residual_caps", "momentum_caps"])
@pytest.mark.parametrize(("blocks", "expected"), [(1, 9_272_336), (2, 9_403_408), (8, 10_189_840)])
def test_parameters(family, blocks, expected):
    described = mnist(family=family, blocks=blocks)
    assert parameters(described) == expected
    assert sum(p.numel() for p in build_network(described, seed=0).parameters()) == expected


def test_parameters_part_by_part():
    assert {part.name: part.params for part in complexity(mnist(family="momentum_caps"))} == {
        "conv1": 20_992,
        "primary": 5_308_672,
        "capsule_layer": 2_359_296,
        "blocks": 131_072,
        "class_capsules": 40_960,
        "routing": 0,
        "decoder": 1_411_344,
    }


def test_the_smallest_has_four_capsule_layers_all_of_32_but_the_last():
    assert [shape.outputs for shape in mnist(family="momentum_caps").layers] == [32, 32, 32, 10]


def test_the_momentum_of_the_experiments_is_the_default():
    assert mnist(family="momentum_caps").gamma == 0.9


def chain_bytes(family, blocks, routing):
    network = build_network(mnist(family=family, blocks=blocks, routing=routing), seed=0)
    width = network.architecture.layer_dim
    states = torch.randn(BATCH, 32, width, generator=torch.Generator().manual_seed(0)).requires_grad_()
    return saved_bytes(network.blocks, lambda: network.blocks(states).sum())


@pytest.mark.slow
@pytest.mark.parametrize("routing", ["rba", "sda", "em"])
def test_a_reversible_block_more_keeps_next_to_nothing_and_a_residual_one_megabytes(routing):
    reversible = [chain_bytes("momentum_caps", blocks, routing) for blocks in (1, 4, 16)]
    assert (reversible[2] - reversible[0]) / 15 <= 0.05 * MIB
    assert reversible[0] == reversible[1] == reversible[2]
    residual = [chain_bytes("residual_caps", blocks, routing) for blocks in (1, 2)]
    assert residual[1] - residual[0] > MIB


def test_the_papers_initialisation_is_n_0_001_in_every_capsule_layer():
    network = build_network(mnist(family="momentum_caps"), seed=0, init="paper")
    for layer in network.capsule_layers:
        assert layer.weight.std().item() == pytest.approx(0.01, rel=0.02)
