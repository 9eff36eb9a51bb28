import torch

from paretocaps.models.architecture import Architecture
from paretocaps.models.build import build_network
from paretocaps.models.pruning.saliency import measure


def test_activations_by_hand():
    shape = {"height": 8, "width": 8, "channels": 1, "classes": 3, "conv_channels": 6, "capsule_types": 4}
    network = build_network(Architecture(**shape, decoder_units=(5, 6)), seed=0).double()
    images = torch.rand(3, 1, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    seen = network.observe(images)
    found = measure(network, [images], "activation", seed=0)
    torch.testing.assert_close(
        found.conv_channels, torch.stack([seen.features[:, k].mean() for k in range(6)])
    )
    torch.testing.assert_close(
        found.capsule_types,
        torch.stack([seen.capsules[:, 4 * t : 4 * t + 4].norm(dim=2).mean() for t in range(4)]),
    )
    for units, activations in zip(found.decoder_units, seen.decoder_units, strict=True):
        torch.testing.assert_close(units, activations.mean(0))
