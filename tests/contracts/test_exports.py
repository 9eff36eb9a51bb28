"""Every network can be exported: its ONNX graph and its reloaded weights say what it says.

The contract of families (`test_families.py`) exports each family once; here is what else makes another graph.
"""

import pytest
import torch

from paretocaps.domain.choices import Choices
from paretocaps.domain.families.backbone_caps import BACKBONES
from paretocaps.domain.routings.routings import ROUTINGS
from paretocaps.exporting.document import GRAPH, ExportInfo
from paretocaps.exporting.graph import TOLERANCE, largest_difference, random_images
from paretocaps.exporting.package import load_export, write_export
from paretocaps.models.architecture import Architecture, architecture
from paretocaps.models.build import build_network
from paretocaps.models.pruning.prune import prune
from paretocaps.models.pruning.saliency import measure
from paretocaps.models.pruning.target import pruned

CLASSES = tuple("abcd")
VARIANTS = [
    {"routing": "rba", "stem_convolutions": 2, "decoder": "none", "routing_iterations": 1, "image_size": 12},
    {
        "routing": "rba",
        "routing_iterations": 2,
        "weight_sharing": True,
        "decoder": "reduced",
        "standardise": True,
    },
    {"routing": "sda", "routing_iterations": 2},
    {
        "routing": "sda",
        "routing_iterations": 2,
        "weight_sharing": True,
        "stem_convolutions": 2,
        "image_size": 20,
    },
    {"routing": "em", "routing_iterations": 2, "standardise": True},
    {"routing": "em", "routing_iterations": 2, "weight_sharing": True, "decoder": "none"},
]
"""Choices of a network without blocks; together they have every routing with and without shared matrices.

A graph has every iteration of the routing, so two of them are as good as three.
"""


def narrow(**choices) -> Architecture:
    whole = architecture(Choices(**choices), 14, 13, 1, len(CLASSES))
    widths = {"conv_channels": 8, "capsule_types": 4, "layer_capsules": 5, "decoder_units": (6, 9)}
    return whole.model_copy(update=widths)


def exported(network, folder, count=256):
    info = ExportInfo(classes=CLASSES)
    images = random_images(network, count)
    document = write_export(folder, network, about=info, images=images)
    assert document.graph.images == count
    assert document.graph.largest_difference <= TOLERANCE
    loaded, about = load_export(folder)
    assert about == info
    assert loaded.architecture == network.architecture
    with torch.no_grad():
        assert torch.equal(loaded.scores(images), network.eval().scores(images))
    return images


def trained(network):
    """Move the weights away from where they start, so that routing has something to say."""
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=generator))
    return network


@pytest.mark.slow
@pytest.mark.parametrize("choices", VARIANTS, ids=lambda choices: ",".join(map(str, choices.values())))
def test_every_routing(choices, tmp_path):
    exported(trained(build_network(narrow(**choices), seed=0)), tmp_path / "x")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("family", "routing"),  # the contract of families exports blocks of residual rba and of momentum sda
    [("capsnet", "rba"), ("residual_caps", "sda"), ("momentum_caps", "em")],
)
def test_every_chain_of_blocks(family, routing, tmp_path):
    choices = {"family": family, "blocks": 1, "routing": routing, "routing_iterations": 2}
    exported(trained(build_network(narrow(**choices), seed=0)), tmp_path / "x")


@pytest.mark.slow
@pytest.mark.parametrize("backbone", sorted({*BACKBONES} - {"mobilenet_v1"}))  # which the contract exports
def test_every_other_backbone(backbone, tmp_path):
    choices = Choices(family="backbone_caps", backbone=backbone)
    whole = architecture(choices, 32, 32, 3, len(CLASSES))
    widths = {"trunk_channels": tuple(width // 8 for width in whole.trunk_shape.widths), "capsule_types": 4}
    exported(build_network(whole.model_copy(update=widths), seed=0), tmp_path / "x", count=32)


@pytest.mark.slow
@pytest.mark.parametrize("changes", [{}, {"weight_sharing": True, "family": "momentum_caps", "blocks": 1}])
def test_a_pruned_network(changes, tmp_path):
    network = trained(build_network(narrow(**changes), seed=0))
    optimizer = torch.optim.Adam(network.parameters())
    found = measure(network, [random_images(network, 8)], "magnitude", seed=0)
    target = pruned(network.architecture, 0.6)
    smaller, _ = prune(network, optimizer, target, found)
    assert smaller.architecture.capsule_types < network.architecture.capsule_types
    exported(smaller, tmp_path / "x")


@pytest.mark.slow
def test_a_graph_of_another_network_is_noticed(tmp_path):
    network, other = (build_network(narrow(), seed=seed) for seed in (0, 1))
    images = exported(trained(network), tmp_path / "x")
    with pytest.raises(Exception, match="differ from torch's"):
        largest_difference(tmp_path / "x" / GRAPH, trained(trained(other)).eval(), images)


def test_every_routing_is_among_the_variants():
    assert {choices["routing"] for choices in VARIANTS} == set(ROUTINGS)
