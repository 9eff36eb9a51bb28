import torch

from paretocaps.models.architecture import Architecture
from paretocaps.models.build import build_network
from paretocaps.models.head import Head

WIDTHS = (6, 12, 12, 8, 8)


def network():
    shape = Architecture(
        height=28, width=28, channels=1, classes=3, family="alexnet_caps", trunk="alexnet",
        trunk_channels=WIDTHS, capsule_types=2, decoder="none",
    )  # fmt: skip
    return build_network(shape, 0)


def test_it_says_of_features_what_the_network_says_of_images():
    whole, images = network().eval(), torch.rand(5, 1, 28, 28)
    head = Head(whole)
    assert not head.training
    features = whole.features(images)
    assert torch.equal(head.scores(features), whole.scores(images))
    labels = torch.zeros(5, dtype=torch.int64)
    assert torch.equal(head(features, labels).lengths, whole(images, labels).lengths)


def test_its_mode_is_the_networks():
    whole = network()
    Head(whole).eval()
    assert not whole.training
    Head(whole).train()
    assert whole.training
