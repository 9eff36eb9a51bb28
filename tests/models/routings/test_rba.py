import pytest
import torch

from paretocaps.domain.routings.routing import LayerShape
from paretocaps.models.routings.rba import Agreement


def layer(matrices, *, gradient="last", bias=True, seed=0):
    made = Agreement(LayerShape(12, 5, 8, 16, matrices), 3, gradient=gradient, bias=bias).double()
    generator = torch.Generator().manual_seed(seed)
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, std=0.3, generator=generator)
    return made


def capsules(batch, count=12):
    return torch.randn(batch, count, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("matrices", [12, 4])
@pytest.mark.parametrize("batch", [1, 3])
def test_class_capsules_are_the_oracles(oracle, matrices, batch):
    made, inputs = layer(matrices), capsules(batch)
    expected, coupling = oracle.class_capsules(inputs, made.weight, made.bias, 3)
    torch.testing.assert_close(made(inputs), expected, rtol=1e-11, atol=1e-14)
    torch.testing.assert_close(made.couplings(inputs), coupling, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("gradient", ["last", "all"])
def test_shared_matrices_act_as_copies_for_every_position_of_a_type(gradient):
    shared, inputs = layer(4, gradient=gradient), capsules(2)
    copied = layer(12, gradient=gradient)
    with torch.no_grad():
        copied.weight.copy_(shared.weight.repeat_interleave(3, dim=3))
        copied.bias.copy_(shared.bias)
    for made in (shared, copied):
        made(inputs).square().sum().backward()
    torch.testing.assert_close(shared(inputs), copied(inputs), rtol=1e-11, atol=1e-14)
    summed = copied.weight.grad.unflatten(3, (4, 3)).sum(4)
    torch.testing.assert_close(shared.weight.grad, summed, rtol=1e-10, atol=1e-14)
    assert shared.weight.shape == (5, 16, 8, 4)


def test_the_bias_is_added_before_the_squash():
    made = layer(12)
    with torch.no_grad():
        made.weight.zero_()
        made.bias.zero_()
        made.bias[2, 0] = 2.0
    poses = made(capsules(1))[0]
    torch.testing.assert_close(poses[2, 0].item(), 0.8)  # squash of length 2: 4 / 5
    assert poses.count_nonzero() == 1


def test_without_a_bias_nothing_is_added():
    made, other = layer(12, bias=False), layer(12)
    with torch.no_grad():
        other.weight.copy_(made.weight)
        other.bias.zero_()
    assert list(made.state_dict()) == ["weight"]
    assert torch.equal(made(capsules(2)), other(capsules(2)))
