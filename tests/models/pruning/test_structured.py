import pytest
import torch

from paretocaps.errors import ParetocapsError
from paretocaps.models.build import build_network
from paretocaps.models.pruning import structured
from paretocaps.models.pruning.structured import channel_groups

TRUNKS = ("resnet18", "resnet50", "mobilenet_v1", "alexnet", "residual")


@pytest.mark.parametrize("trunk", TRUNKS)
def test_every_channel_of_every_tensor_is_in_one_group(narrow, trunk):
    network = build_network(narrow(trunk), 0)
    shape = network.architecture.trunk_shape
    found, first = channel_groups(network), f"{shape.convolutions[0].name}.weight"
    assert [group.convolutions for group in found] == list(shape.groups)
    dims = {}
    for group in found:
        assert group.importance.shape == (shape.widths[group.convolutions[0]],)
        assert bool((group.importance > 0).all())
        for name, dim in group.dims.items():
            dims.setdefault(name, []).append(dim)
    for name, tensor in network.trunk.state_dict().items():
        if tensor.dim():
            alone = tensor.dim() == 1 or name == first or tensor.shape[1] == 1
            assert sorted(dims.pop(name)) == ([0] if alone else [0, 1]), name
    assert not dims


def test_importance_is_the_mean_norm_of_what_writes_and_reads_a_channel(narrow):
    network = build_network(narrow("residual", 4), 0)
    trunk, inner = network.trunk, channel_groups(network)[1]
    written, read = trunk.blocks[0].conv1.weight.abs(), trunk.blocks[0].conv2.weight.abs()
    expected = (written.sum((1, 2, 3)) + read.sum((0, 2, 3))) / 2
    torch.testing.assert_close(inner.importance, expected.detach())


def test_the_network_stays_as_it_is_frozen_ones_too(narrow):
    network = build_network(narrow("resnet18"), 0)
    network.freeze_trunk()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    assert len(channel_groups(network)) == 12
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert not any(p.requires_grad for p in network.trunk.parameters())


def test_a_shape_that_ties_other_convolutions_is_refused(narrow, monkeypatch):
    network = build_network(narrow("residual", 4), 0)
    monkeypatch.setitem(structured._DIMS, "prune_out_channels", 1)
    with pytest.raises(ParetocapsError, match="conv is tied to"):
        channel_groups(network)
