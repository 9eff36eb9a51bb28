import pytest
import torch

from paretocaps.models import agreement as module
from paretocaps.models.agreement import route
from paretocaps.models.one_image_votes import OneImageVotes, are_formed
from paretocaps.models.votes import Votes


def votes(batch=1, shared=1, dtype=torch.float32):
    generator = torch.Generator().manual_seed(0)
    poses = torch.randn(8, 60, shared, batch, generator=generator, dtype=torch.float64)
    weight = torch.randn(5, 16, 8 * 60, generator=generator, dtype=torch.float64)
    return Votes(poses.to(dtype), weight.to(dtype))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_its_sums_are_those_of_votes_that_are_not_formed_as_exact_as_those_in_float32(dtype):
    generator = torch.Generator().manual_seed(1)
    couplings = torch.rand(5, 60, 1, 1, generator=generator, dtype=torch.float64)
    vectors = torch.randn(5, 16, 1, generator=generator, dtype=torch.float64)
    exact, ours = votes(dtype=torch.float64), OneImageVotes(votes(dtype=dtype))
    pairs = [
        (ours.mean(), exact.mean()),
        (ours.weighted(couplings.to(dtype)), exact.weighted(couplings)),
        (ours.agreement(vectors.to(dtype)), exact.agreement(vectors)),
    ]
    for found, expected in pairs:
        assert found.shape == expected.shape
        assert found.dtype == dtype
        error = (found.double() - expected).norm() / expected.norm()
        assert error < (1e-6 if dtype == torch.float32 else 1e-14)


def test_votes_are_formed_where_they_are_fewer_than_the_numbers_of_their_matrices():
    assert are_formed(votes())
    assert not are_formed(votes(batch=2))
    assert not are_formed(votes(shared=2))
    assert not are_formed(votes(dtype=torch.bfloat16))


@pytest.mark.parametrize("full_gradient", [False, True])
def test_a_routing_of_one_image_has_the_gradients_of_one_that_forms_no_votes(monkeypatch, full_gradient):
    generator = torch.Generator().manual_seed(2)
    sizes = [(8, 60, 1), (5, 16, 8, 60), (5, 16)]
    inputs = [torch.randn(*size, generator=generator, dtype=torch.float64).mul_(0.1) for size in sizes]
    found = []
    for formed in (True, False):
        monkeypatch.setattr(module, "are_formed", lambda _, formed=formed: formed)
        leaves = [tensor.clone().requires_grad_() for tensor in inputs]
        result = route(*leaves, 3, full_gradient=full_gradient)
        found.append([result, *torch.autograd.grad(result.square().sum(), leaves)])
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-14)
