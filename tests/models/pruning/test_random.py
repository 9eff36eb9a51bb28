import torch

from paretocaps.models.architecture import Architecture
from paretocaps.models.build import build_network
from paretocaps.models.pruning.saliency import measure


def test_lots_do_not_depend_on_the_weights():
    shape = {"height": 8, "width": 8, "channels": 1, "classes": 3, "conv_channels": 30, "capsule_types": 20}
    first, second = (build_network(Architecture(**shape), seed) for seed in (0, 1))
    a, b = (measure(network, [], "random", seed=7) for network in (first, second))
    assert torch.equal(a.conv_channels, b.conv_channels)
    assert torch.equal(a.capsule_types, b.capsule_types)
    assert a.conv_channels.unique().numel() == 30
