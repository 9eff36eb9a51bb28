import pytest
import torch
from torch.nn import functional

from paretocaps.models.dense import dense

BOTH = pytest.mark.parametrize("activation", ["relu", "sigmoid"])


def case(dtype=torch.float64, batch=5):
    generator = torch.Generator().manual_seed(0)
    shapes = (batch, 3), (4, 3), (4,)
    return [torch.randn(shape, dtype=dtype, generator=generator).requires_grad_() for shape in shapes]


def plain(inputs, weight, bias, activation):
    return getattr(torch, activation)(functional.linear(inputs, weight, bias))


@BOTH
def test_it_is_a_linear_layer_and_an_activation(activation):
    inputs = case()
    torch.testing.assert_close(dense(*inputs, activation), plain(*inputs, activation))
    assert torch.autograd.gradcheck(lambda *x: dense(*x, activation), inputs)


@BOTH
def test_inputs_without_gradient_get_none(activation):
    inputs, weight, bias = case()
    dense(inputs.detach(), weight, bias, activation).sum().backward()
    assert inputs.grad is None
    assert weight.grad is not None


@BOTH
def test_under_autocast_products_are_bfloat16_and_gradients_float32(activation):
    inputs = case(torch.float32)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found, expected = dense(*inputs, activation), plain(*inputs, activation)
    assert found.dtype == (torch.bfloat16 if activation == "relu" else torch.float32)
    torch.testing.assert_close(found.float(), expected.float(), rtol=0.02, atol=0.02)
    found.sum().backward()
    assert {tensor.grad.dtype for tensor in inputs} == {torch.float32}
