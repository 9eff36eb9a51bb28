import pytest
import torch

from paretocaps.errors import DataError
from paretocaps.models.architecture import Architecture
from paretocaps.models.build import build_network
from paretocaps.models.losses import capsnet_loss

SMALL = {
    "height": 10,
    "width": 8,
    "channels": 2,
    "classes": 4,
    "conv_channels": 6,
    "capsule_types": 3,
    "decoder_units": (7, 9),
}


def batch(architecture, size, dtype=torch.float64, seed=1):
    generator = torch.Generator().manual_seed(seed)
    a = architecture
    images = torch.rand(size, a.channels, a.height, a.width, generator=generator, dtype=dtype)
    return images, torch.randint(a.classes, (size,), generator=generator)


def gradients(network):
    return {name: parameter.grad.clone() for name, parameter in network.named_parameters()}


@pytest.mark.parametrize("full_gradient", [False, True])
@pytest.mark.parametrize("iterations", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("size", [1, 2, 7])
@pytest.mark.parametrize("weight_sharing", [False, True])
def test_outputs_loss_and_gradients_are_the_oracles(oracle, weight_sharing, size, iterations, full_gradient):
    architecture = Architecture(**SMALL, weight_sharing=weight_sharing, routing_iterations=iterations)
    network = build_network(architecture, seed=3, full_gradient=full_gradient).double()
    torch.nn.init.normal_(network.class_capsules.bias, std=0.3, generator=torch.Generator().manual_seed(5))
    images, labels = batch(architecture, size)
    output = network(images, labels)
    loss = capsnet_loss(output, images, labels)
    loss.backward()
    found = gradients(network)

    network.zero_grad()
    lengths, reconstruction = oracle.network(network, images, labels, full_gradient)
    expected = oracle.loss(lengths, reconstruction, images, labels)
    expected.backward()
    torch.testing.assert_close(output.lengths, lengths, rtol=1e-10, atol=1e-13)
    torch.testing.assert_close(output.reconstruction, reconstruction, rtol=1e-10, atol=1e-13)
    torch.testing.assert_close(loss, expected, rtol=1e-12, atol=0)
    for name, gradient in gradients(network).items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-8, atol=1e-13, msg=name)
        assert gradient.abs().max() > 0, name
