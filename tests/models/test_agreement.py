import pytest
import torch

from paretocaps.models.agreement import couplings, route
from paretocaps.models.capsules import squash

OUTPUTS, DIMENSIONS, INPUTS, CAPSULES = 3, 4, 2, 6


def case(batch=5, matrices=CAPSULES, dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)
    poses = torch.randn(INPUTS, CAPSULES, batch, dtype=dtype, generator=generator)
    weight = torch.randn(OUTPUTS, DIMENSIONS, INPUTS, matrices, dtype=dtype, generator=generator)
    bias = torch.randn(OUTPUTS, DIMENSIONS, dtype=dtype, generator=generator)
    return poses, weight, bias


@pytest.mark.parametrize("iterations", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("matrices", [6, 2])
def test_sums_and_couplings_are_the_oracles(oracle, matrices, iterations):
    poses, weight, bias = case(matrices=matrices)
    found = squash(route(poses, weight, bias, iterations), dim=1).permute(2, 0, 1)
    expected, coupling = oracle.class_capsules(poses.permute(2, 1, 0), weight, bias, iterations)
    torch.testing.assert_close(found, expected, rtol=1e-11, atol=1e-14)
    seen = couplings(poses, weight, bias, iterations).permute(2, 1, 0)
    torch.testing.assert_close(seen, coupling, rtol=1e-11, atol=1e-14)


def test_couplings_of_an_input_capsule_sum_to_one_over_the_outputs():
    coupling = couplings(*case(), 3)
    torch.testing.assert_close(coupling.sum(0), torch.ones(CAPSULES, 5, dtype=torch.float64))
    assert coupling.std(0).min() > 0.01
    assert torch.equal(couplings(*case(), 1), torch.full((OUTPUTS, CAPSULES, 5), 1 / 3, dtype=torch.float64))


def test_a_sample_is_routed_on_its_own():
    poses, weight, bias = case(batch=4)
    together = route(poses, weight, bias, 3)
    for sample in range(4):
        alone = route(poses[:, :, sample : sample + 1].contiguous(), weight, bias, 3)
        torch.testing.assert_close(together[:, :, sample : sample + 1], alone, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("iterations", [1, 2, 4])
@pytest.mark.parametrize("matrices", [6, 2])
def test_full_gradients_are_those_of_the_function(matrices, iterations):
    inputs = [tensor.requires_grad_() for tensor in case(batch=2, matrices=matrices)]
    assert torch.autograd.gradcheck(lambda *x: route(*x, iterations, full_gradient=True), inputs)


def test_default_gradients_hold_the_last_couplings_fixed():
    poses, weight, bias = (tensor.requires_grad_() for tensor in case())
    route(poses, weight, bias, 3).square().sum().backward()
    found = [tensor.grad.clone() for tensor in (poses, weight, bias)]
    fixed = couplings(poses, weight, bias, 3)
    sums = torch.einsum("oib,odei,eib->odb", fixed, weight, poses) + bias.unsqueeze(-1)
    expected = torch.autograd.grad(sums.square().sum(), (poses, weight, bias))
    for a, b in zip(found, expected, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-11, atol=1e-13)


def test_the_two_gradients_differ_from_two_iterations_on():
    def gradient(iterations, full):
        poses, weight, bias = (tensor.requires_grad_() for tensor in case())
        route(poses, weight, bias, iterations, full_gradient=full).square().sum().backward()
        return weight.grad

    torch.testing.assert_close(gradient(1, True), gradient(1, False))
    assert not torch.allclose(gradient(2, True), gradient(2, False))


@pytest.mark.parametrize("full_gradient", [False, True])
def test_nothing_of_the_size_of_the_votes_is_kept(full_gradient):
    batch, largest = 256, []
    poses = torch.randn(8, 128, batch, requires_grad=True)
    weight = torch.randn(10, 16, 8, 128, requires_grad=True)
    hooks = torch.autograd.graph.saved_tensors_hooks(lambda x: largest.append(x.numel()) or x, lambda x: x)
    with hooks:
        route(poses, weight, torch.zeros(10, 16), 3, full_gradient=full_gradient)
    couplings_and_weight = 10 * 128 * batch, weight.numel()
    assert max(largest) <= max(couplings_and_weight)
    assert sum(largest) < batch * 128 * 160 / 4


@pytest.mark.parametrize("full_gradient", [False, True])
def test_bfloat16_is_near_float32_and_returns_it(full_gradient):
    def run(dtype):
        poses, weight, bias = (tensor.requires_grad_() for tensor in case(batch=40, dtype=torch.float32))
        sums = route(poses, weight, bias, 3, full_gradient=full_gradient, dtype=dtype)
        squash(sums, dim=1).sum().backward()
        assert {tensor.grad.dtype for tensor in (poses, weight, bias)} == {torch.float32}
        return [sums.detach(), poses.grad, weight.grad, bias.grad]

    for half, single in zip(run(torch.bfloat16), run(torch.float32), strict=True):
        assert half.dtype == torch.float32
        assert (half - single).norm() < 0.03 * single.norm()


@pytest.mark.parametrize("batch", [1, 2, 7])
def test_inputs_need_not_be_contiguous(batch):
    poses, weight, bias = case(batch=batch)
    strided = poses.permute(2, 1, 0).contiguous().permute(2, 1, 0)
    assert torch.equal(route(strided, weight, bias, 2), route(poses, weight, bias, 2))
