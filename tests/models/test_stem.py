import pytest
import torch
from torch.nn import functional

from paretocaps.models.stem import Convolution


def layer(kernel, stride=(1, 1), same=False):
    made = Convolution(3, 5, kernel, stride, same=same).double()
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, generator=torch.Generator().manual_seed(0))
    return made


def images(batch=2):
    return torch.randn(batch, 3, 9, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("kernel", "stride"), [((3, 3), (1, 1)), ((5, 3), (2, 1))])
def test_it_is_an_unpadded_convolution_and_a_relu(kernel, stride):
    made = layer(kernel, stride)
    expected = functional.conv2d(images(), made.weight.permute(0, 3, 1, 2), made.bias, stride)
    torch.testing.assert_close(made(images()), expected.relu())


@pytest.mark.parametrize("kernel", [(3, 3), (5, 3), (1, 7)])
def test_zeros_around_the_maps_keep_their_size(kernel):
    made, inputs = layer(kernel, same=True), images().requires_grad_()
    found = made(inputs)
    assert found.shape == (2, 5, 9, 7)
    around = kernel[0] // 2, kernel[1] // 2
    expected = functional.conv2d(inputs, made.weight.permute(0, 3, 1, 2), made.bias, padding=around).relu()
    torch.testing.assert_close(found, expected)
    leaves = [inputs, *made.parameters()]
    pairs = (torch.autograd.grad(maps.square().sum(), leaves) for maps in (found, expected))
    for ours, theirs in zip(*pairs, strict=True):
        torch.testing.assert_close(ours, theirs)
