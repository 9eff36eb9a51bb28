import pytest
import torch

from paretocaps.models.architecture import Architecture
from paretocaps.models.build import build_network
from paretocaps.models.capsules import squash
from paretocaps.models.primary import as_capsules


def test_a_capsule_is_the_channels_of_one_type_at_one_position():
    types, size, height, width = 3, 8, 2, 4
    maps = torch.arange(2 * types * size * height * width, dtype=torch.float32)
    maps = maps.view(2, types * size, height, width)
    capsules = as_capsules(maps, types).permute(2, 1, 0)
    for sample in range(2):
        for kind in range(types):
            for row in range(height):
                for column in range(width):
                    number = kind * height * width + row * width + column
                    expected = maps[sample, kind * size : (kind + 1) * size, row, column]
                    assert torch.equal(capsules[sample, number], expected)


def test_a_capsule_is_not_a_run_of_neighbouring_cells():
    maps = torch.randn(1, 16, 6, 6, generator=torch.Generator().manual_seed(0))
    capsules = as_capsules(maps, 2).permute(2, 1, 0)
    wrong = maps.view(1, -1, 8)
    assert capsules.shape == wrong.shape
    assert not torch.allclose(capsules, wrong)


def test_one_pixel_reaches_only_the_capsules_whose_patches_it_lies_in():
    network = build_network(Architecture(height=10, width=10, channels=1, classes=2, conv_channels=4), 0)
    features = torch.zeros(1, 4, 8, 8)
    lit = features.clone()
    lit[0, :, 7, 7] = 1.0
    changed = (network.primary(lit) != network.primary(features)).any(2).view(32, 3, 3)
    assert not changed[:, :2].any()
    assert not changed[:, :, :2].any()
    assert not changed[:, 2, 2].any()  # 8 cells, kernel 3, stride 2: the last row and column are not read
    lit[0, :, 6, 6] = 1.0
    changed = (network.primary(lit) != network.primary(features)).any(2).view(32, 3, 3)
    assert changed[:, 2, 2].all()
    assert changed.sum() == 32


@pytest.mark.parametrize("size", [1, 2, 7])
def test_capsules_are_the_oracles(oracle, size):
    network = build_network(
        Architecture(height=13, width=9, channels=1, classes=2, conv_channels=5), 1
    ).double()
    features = torch.rand(size, 5, 11, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    expected = oracle.primary_capsules(features, network.primary.weight, network.primary.bias, 32)
    torch.testing.assert_close(network.primary(features), expected, rtol=1e-12, atol=1e-15)


def test_capsules_lie_with_the_batch_innermost():
    network = build_network(Architecture(height=8, width=8, channels=1, classes=2, conv_channels=5), 1)
    capsules = network.primary(torch.rand(3, 5, 6, 6))
    assert capsules.shape == (3, 128, 8)
    assert capsules.permute(2, 1, 0).is_contiguous()
    assert lengths_below_one(capsules)


def lengths_below_one(capsules):
    return bool((capsules.norm(dim=-1) < 1).all()) and torch.equal(squash(capsules * 0), capsules * 0)


def test_filters_are_grouped_by_type():
    network = build_network(Architecture(height=8, width=8, channels=1, classes=2, conv_channels=5), 1)
    filters = network.primary.filters()
    assert filters.shape == (32, 8 * 9, 5)
    assert torch.equal(filters[3].reshape(-1), network.primary.weight[24:32].reshape(-1))
