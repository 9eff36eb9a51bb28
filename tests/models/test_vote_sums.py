import pytest
import torch

from paretocaps.models.vote_sums import agreement, squares, weighted

OUTPUTS, DIMENSIONS, INPUTS, MATRICES, BATCH = 3, 4, 2, 3, 2


def case(shared):
    generator = torch.Generator().manual_seed(0)

    def drawn(*shape):
        return torch.randn(shape, dtype=torch.float64, generator=generator, requires_grad=True)

    poses, weight = drawn(INPUTS, MATRICES, shared, BATCH), drawn(OUTPUTS, DIMENSIONS, INPUTS * MATRICES)
    return poses, weight, drawn(OUTPUTS, MATRICES, shared, BATCH), drawn(OUTPUTS, DIMENSIONS, BATCH)


def votes(poses, weight):
    """[O, D, M, R, B]."""
    return torch.einsum("odem,emrb->odmrb", weight.view(OUTPUTS, DIMENSIONS, INPUTS, MATRICES), poses)


@pytest.mark.parametrize("shared", [1, 3])
def test_sums_are_those_of_votes_formed(shared):
    poses, weight, factors, vectors = case(shared)
    formed = votes(poses, weight)
    summed = torch.einsum("omrb,omrb,odmrb->odb", factors, factors + 1, formed)
    torch.testing.assert_close(weighted(poses, weight, factors, factors + 1), summed)
    agreed = torch.einsum("odb,odmrb->omrb", vectors, formed)
    torch.testing.assert_close(agreement(poses, weight, vectors), agreed)
    torch.testing.assert_close(squares(poses, weight), formed.square().sum(1))


@pytest.mark.parametrize("shared", [1, 3])
def test_gradients_are_those_of_the_functions(shared):
    poses, weight, factors, vectors = case(shared)
    assert torch.autograd.gradcheck(
        weighted, (poses, weight, factors, factors.detach().cos().requires_grad_())
    )
    assert torch.autograd.gradcheck(agreement, (poses, weight, vectors))
    assert torch.autograd.gradcheck(squares, (poses, weight))


def test_squares_of_half_precision_are_float32():
    poses, weight, *_ = (tensor.detach().bfloat16() for tensor in case(1))
    found = squares(poses, weight)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, votes(poses.float(), weight.float()).square().sum(1))
