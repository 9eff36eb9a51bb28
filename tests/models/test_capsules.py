import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.models.capsules import at_least_float32, lengths, squash

DTYPES = [torch.float32, torch.bfloat16, torch.float64]
VECTORS = st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=8)


def test_squash_is_the_oracles(oracle):
    vectors = torch.randn(5, 3, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(squash(vectors), oracle.squash(vectors), rtol=1e-12, atol=0)
    moved = squash(vectors.permute(2, 0, 1), dim=0)
    torch.testing.assert_close(moved.permute(1, 2, 0), oracle.squash(vectors), rtol=1e-12, atol=0)


@given(VECTORS)
def test_squash_keeps_directions_and_shortens_below_one(values):
    vector = torch.tensor(values, dtype=torch.float64)
    squashed = squash(vector)
    length = vector.norm()
    assert squashed.norm() <= 1
    torch.testing.assert_close(squashed * (1 + length**2), vector * length, rtol=1e-9, atol=1e-300)


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_gradients_are_those_of_the_functions(dim):
    vectors = torch.randn(4, 3, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    vectors.requires_grad_()
    assert torch.autograd.gradcheck(lambda x: squash(x, dim), vectors)
    assert torch.autograd.gradcheck(lambda x: lengths(x, dim), vectors)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("scale", [0.0, 1e-45, 1e-30, 1e-20, 1e-10, 1.0, 1e10])
def test_gradients_are_finite_for_the_shortest_vectors(dtype, scale):
    for function in (squash, lengths):
        vectors = (torch.tensor([[1.0, -1.0], [0.0, 1.0]], dtype=torch.float64) * scale).to(dtype)
        vectors.requires_grad_()
        result = function(vectors)
        result.backward(torch.ones_like(result))
        assert result.isfinite().all()
        assert vectors.grad.dtype == dtype
        assert vectors.grad.isfinite().all()
        assert vectors.grad.abs().max() <= 2


def test_zero_vectors_have_no_gradient():
    for function in (squash, lengths):
        zeros = torch.zeros(3, 4, requires_grad=True)
        function(zeros).sum().backward()
        assert torch.equal(zeros.grad, torch.zeros(3, 4))


@given(VECTORS)
def test_lengths_are_euclidean(values):
    vector = torch.tensor(values, dtype=torch.float64)
    torch.testing.assert_close(lengths(vector), vector.norm(), rtol=1e-12, atol=0)


def test_half_precision_is_computed_in_float32():
    vectors = torch.randn(64, 8, generator=torch.Generator().manual_seed(2)).bfloat16()
    assert torch.equal(squash(vectors), squash(vectors.float()))
    assert torch.equal(lengths(vectors), lengths(vectors.float()))
    assert [at_least_float32(torch.ones(1, dtype=dtype)).dtype for dtype in DTYPES] == [
        torch.float32,
        torch.float32,
        torch.float64,
    ]
