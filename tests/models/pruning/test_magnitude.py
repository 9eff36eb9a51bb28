import torch

from paretocaps.models.architecture import Architecture
from paretocaps.models.build import build_network
from paretocaps.models.pruning.saliency import measure


def test_magnitudes_by_hand():
    shape = {"height": 8, "width": 8, "channels": 2, "classes": 3, "conv_channels": 3, "capsule_types": 2}
    network = build_network(Architecture(**shape, decoder_units=(5, 6)), seed=0).double()
    found = measure(network, [], "magnitude", seed=0)
    channels = [network.conv1.weight[k].abs().sum() for k in range(3)]
    types = [network.primary.weight[8 * t : 8 * t + 8].abs().sum() for t in range(2)]
    torch.testing.assert_close(found.conv_channels, torch.stack(channels))
    torch.testing.assert_close(found.capsule_types, torch.stack(types))
    units = [network.decoder.layers[1].weight[u].abs().sum() for u in range(6)]
    torch.testing.assert_close(found.decoder_units[1], torch.stack(units))
