import pytest
import torch

from paretocaps.domain.choices import Choices
from paretocaps.errors import DataError
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network
from paretocaps.models.losses import capsnet_loss


def made(height=28, width=28, channels=1, classes=10, **choices):
    return build_network(
        architecture(Choices(family="lenet5", **choices), height, width, channels, classes), 0
    )


@pytest.mark.parametrize("shape", [(28, 28, 1, 10), (32, 30, 3, 4), (8, 8, 1, 10)])
def test_it_is_the_network_written_anew(oracle, shape):
    network = made(*shape).double()
    images = torch.rand(3, shape[2], *shape[:2], dtype=torch.float64)
    output = network(images, torch.zeros(3, dtype=torch.int64))
    torch.testing.assert_close(output.lengths, oracle.network(network, images, None)[0])
    torch.testing.assert_close(output.lengths, output.logits.softmax(1))
    torch.testing.assert_close(network.scores(images), output.lengths)
    assert output.reconstruction is None


@pytest.mark.parametrize("loss", ["margin", "spread"])
def test_it_is_trained_by_cross_entropy_whatever_the_loss(loss):
    network, labels = made(), torch.tensor([3, 1])
    images = torch.rand(2, 1, 28, 28)
    output = network(images, labels)
    found = capsnet_loss(output, images, labels, loss)
    expected = -(output.lengths[0, 3].log() + output.lengths[1, 1].log()) / 2
    torch.testing.assert_close(found, expected)
    found.backward()
    assert all(p.grad.isfinite().all() and p.grad.abs().max() > 0 for p in network.parameters())


def test_labels_make_no_difference():
    network, images = made(), torch.rand(2, 1, 28, 28)
    assert torch.equal(network(images).lengths, network(images, torch.tensor([0, 1])).lengths)


def test_logits_are_float32_under_autocast():
    network, images = made(), torch.rand(4, 1, 28, 28)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output = network(images)
    assert (output.logits.dtype, output.lengths.dtype) == (torch.float32, torch.float32)
    torch.testing.assert_close(output.lengths, network(images).lengths, atol=0.02, rtol=0)


def test_images_of_another_shape_are_refused():
    with pytest.raises(DataError, match=r"images of shape \(1, 1, 28, 27\) do not fit"):
        made()(torch.zeros(1, 1, 28, 27))
