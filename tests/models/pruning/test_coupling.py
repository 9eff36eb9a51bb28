import torch

from paretocaps.models.architecture import Architecture
from paretocaps.models.build import build_network
from paretocaps.models.pruning.saliency import measure

SHAPE = {"height": 8, "width": 8, "channels": 1, "classes": 3, "conv_channels": 6, "capsule_types": 4}


def test_types_count_with_their_couplings_to_what_is_there():
    made = build_network(Architecture(**SHAPE), seed=0)
    images = torch.rand(3, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    seen = made.observe(images)
    reached = torch.einsum("bij,bj->bi", seen.couplings, seen.reached)
    expected = (seen.capsules.norm(dim=2) * reached).view(3, 4, 4).mean((0, 2))
    found = measure(made, [images], "coupling", seed=0)
    torch.testing.assert_close(found.capsule_types, expected.double(), rtol=1e-4, atol=1e-9)


def test_channels_and_units_count_as_with_routing():
    made = build_network(Architecture(**SHAPE), seed=0)
    images = torch.rand(3, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    coupling, routing = (measure(made, [images], name, seed=0) for name in ("coupling", "routing"))
    assert torch.equal(coupling.conv_channels, routing.conv_channels)
    assert all(torch.equal(*pair) for pair in zip(coupling.decoder_units, routing.decoder_units, strict=True))
    assert not torch.equal(coupling.capsule_types, routing.capsule_types)
