import pytest
import torch

from paretocaps.models import votes as module
from paretocaps.models.votes import VoteGradients, Votes

OUTPUTS, DIMENSIONS, INPUTS = 4, 5, 3
SHAPES = pytest.mark.parametrize(("matrices", "copies"), [(6, 1), (2, 3), (1, 1)])
BATCHES = pytest.mark.parametrize("batch", [1, 2, 15, 16, 17])
DTYPES = pytest.mark.parametrize("dtype", [torch.float64, torch.float32])


def draw(*shape, dtype, seed):
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def case(matrices, copies, batch, dtype):
    poses = draw(INPUTS, matrices, copies, batch, dtype=dtype, seed=0)
    weight = draw(OUTPUTS, DIMENSIONS, INPUTS * matrices, dtype=dtype, seed=1)
    factors = draw(OUTPUTS, matrices, copies, batch, dtype=dtype, seed=2)
    vectors = draw(OUTPUTS, DIMENSIONS, batch, dtype=dtype, seed=3)
    return poses, weight, factors, vectors


def all_votes(poses, weight):
    """[O, D, M, R, B]."""
    split = weight.view(OUTPUTS, DIMENSIONS, INPUTS, -1)
    return torch.einsum("odem,emrb->odmrb", split, poses)


def close(found, expected):
    tolerance = 1e-12 if found.dtype == torch.float64 else 1e-5
    torch.testing.assert_close(found, expected, rtol=tolerance, atol=tolerance)


@DTYPES
@BATCHES
@SHAPES
def test_sums_are_those_of_the_votes(matrices, copies, batch, dtype):
    poses, weight, factors, vectors = case(matrices, copies, batch, dtype)
    found, votes = Votes(poses, weight), all_votes(poses, weight)
    close(found.mean(), votes.sum((2, 3)) / OUTPUTS)
    close(found.weighted(factors), torch.einsum("odmrb,omrb->odb", votes, factors))
    close(found.agreement(vectors), torch.einsum("odmrb,odb->omrb", votes, vectors))


@DTYPES
@BATCHES
@SHAPES
def test_gradients_are_those_of_the_votes(matrices, copies, batch, dtype):
    poses, weight, factors, vectors = case(matrices, copies, batch, dtype)
    gradients = VoteGradients(Votes(poses, weight))
    gradients.add(factors, vectors)
    gradients.add_mean(vectors)
    gradients.add(factors, vectors * 2)
    poses.requires_grad_()
    weight.requires_grad_()
    votes = all_votes(poses, weight)
    total = 3 * torch.einsum("odmrb,omrb,odb->", votes, factors, vectors)
    total = total + (votes.sum((2, 3)) / OUTPUTS * vectors).sum()
    expected = torch.autograd.grad(total, (poses, weight))
    close(gradients.poses, expected[0])
    close(gradients.weight, expected[1])


@SHAPES
def test_outputs_in_groups_give_the_same(matrices, copies, monkeypatch):
    poses, weight, factors, vectors = case(matrices, copies, 3, torch.float64)

    def everything():
        votes = Votes(poses, weight)
        gradients = VoteGradients(votes)
        gradients.add(factors, vectors)
        found = votes.weighted(factors), votes.agreement(vectors), gradients.poses, gradients.weight
        return len(list(votes.groups())), found

    at_once, expected = everything()
    assert at_once == 1
    for outputs in (1, 3):
        monkeypatch.setattr(module, "CACHED_BYTES", outputs * poses.numel() * 8)
        groups, found = everything()
        assert groups == -(-OUTPUTS // outputs)
        for a, b in zip(found, expected, strict=True):
            close(a, b)


def test_bfloat16_products_are_summed_in_float32():
    poses, weight, factors, vectors = case(6, 1, 20, torch.float64)
    exact = Votes(poses.bfloat16().double(), weight.bfloat16().double())
    votes = Votes(poses.bfloat16(), weight.bfloat16())
    for found, expected in (
        (votes.mean(), exact.mean()),
        (votes.weighted(factors), exact.weighted(factors)),
        (votes.agreement(vectors), exact.agreement(vectors)),
    ):
        assert found.dtype == torch.float32
        torch.testing.assert_close(found.double(), expected, rtol=0.02, atol=0.1)
