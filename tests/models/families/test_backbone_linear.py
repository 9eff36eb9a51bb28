import pytest
import torch
from torch import nn
from torch.nn import functional

from paretocaps.domain.choices import Choices
from paretocaps.errors import DataError, UsageError
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network
from paretocaps.models.complexity import training_multiply_adds
from paretocaps.models.families.capsnet import CapsNet
from paretocaps.models.head import Head
from paretocaps.models.losses import capsnet_loss


def made(family="backbone_linear", classes=5, **choices):
    asked = {"backbone": "mobilenet_v1", "image_size": 32, **choices}
    return build_network(architecture(Choices(family=family, **asked), 32, 32, 3, classes), 0)


def batch(size=3):
    generator = torch.Generator().manual_seed(1)
    return torch.rand(size, 3, 32, 32, generator=generator), torch.arange(size)


@pytest.mark.parametrize("backbone", ["mobilenet_v1", "resnet18"])
def test_a_linear_layer_reads_the_means_of_the_maps(backbone):
    network, (images, _) = made(backbone=backbone).eval(), batch()
    with torch.no_grad():
        maps = network.trunk(images)
        means = maps.flatten(2).sum(2) / maps[0, 0].numel()
        logits = torch.stack([network.linear.weight @ one + network.linear.bias for one in means])
        output = network(images)
        torch.testing.assert_close(output.logits, logits)
        torch.testing.assert_close(output.lengths, logits.softmax(1))
        torch.testing.assert_close(network.scores(images), output.lengths)


def test_it_is_trained_by_cross_entropy_and_every_weight_learns():
    network, (images, labels) = made(), batch()
    output = network(images, labels)
    found = capsnet_loss(output, images, labels, "margin")
    torch.testing.assert_close(found, functional.cross_entropy(output.logits, labels))
    found.backward()
    assert all(one.grad.isfinite().all() and one.grad.abs().max() > 0 for one in network.parameters())


def test_a_capsule_network_starts_from_its_backbone():
    before = made().trunk.state_dict()
    after = made("backbone_caps").trunk.state_dict()
    assert {name: one.shape for name, one in before.items()} == {n: one.shape for n, one in after.items()}
    assert not isinstance(made(), CapsNet)


def test_a_frozen_backbone_keeps_its_weights_and_statistics_and_its_features_are_read_alone():
    network, (images, labels) = made(), batch()
    network.freeze_trunk()
    network.train()
    before = {name: one.clone() for name, one in network.trunk.state_dict().items()}
    features = network.features(images)
    torch.testing.assert_close(Head(network)(features).logits, network(images).logits)
    capsnet_loss(network(images, labels), images, labels, "margin").backward()
    learning = [name for name, one in network.named_parameters() if one.grad is not None]
    assert learning == ["linear.weight", "linear.bias"]
    assert all(torch.equal(one, before[name]) for name, one in network.trunk.state_dict().items())
    assert any(isinstance(one, nn.BatchNorm2d) and not one.training for one in network.trunk.modules())


def test_a_frozen_backbone_only_runs_forward():
    shape = made().architecture
    trunk, linear = (shape.trunk_shape, 1024 * 5)
    forward = sum(one.macs for one in trunk.convolutions)
    assert training_multiply_adds(shape, frozen=True) == forward + 2 * linear
    assert training_multiply_adds(shape) == 3 * (forward + linear) - trunk.convolutions[0].macs


def test_images_of_another_shape_are_refused():
    with pytest.raises(DataError, match=r"images of shape \(1, 3, 32, 31\) do not fit"):
        made()(torch.zeros(1, 3, 32, 31))


def test_a_network_without_a_backbone_has_none_to_freeze():
    lenet5 = build_network(architecture(Choices(family="lenet5"), 28, 28, 1, 5), 0)
    with pytest.raises(UsageError, match="family=lenet5 has no trunk to freeze"):
        lenet5.freeze_trunk()
