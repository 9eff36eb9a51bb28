import pytest
import torch
from torch.nn import functional

from paretocaps.models import convolution as module
from paretocaps.models import patches
from paretocaps.models.convolution import compute_dtype, convolution

SHAPES = pytest.mark.parametrize(
    ("images", "filters", "kernel", "stride"),
    [
        ((3, 1, 12, 9), 4, (5, 3), (1, 1)),
        ((2, 3, 11, 14), 5, (3, 5), (2, 1)),
        ((1, 40, 9, 8), 6, (3, 3), (2, 2)),
        ((7, 30, 9, 9), 3, (3, 3), (2, 2)),
    ],
)
WAYS = {"patches": 1 << 40, "torch": -1}


def choose(monkeypatch, way):
    """Forces one way for every product, whatever its size."""
    monkeypatch.setattr(module, "_ROWS", dict.fromkeys(module._ROWS, (WAYS[way],) * 3))
    monkeypatch.setattr(module, "_ROWS_OF_SLOW_FLOAT32", (WAYS[way],) * 3)
    monkeypatch.setattr(patches, "_NARROW", 0)


def case(images, filters, kernel, dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)
    shapes = images, (filters, *kernel, images[1]), (filters,)
    return [torch.randn(*s, dtype=dtype, generator=generator).requires_grad_() for s in shapes]


def reference(inputs, stride, rectify):
    images, weight, bias = inputs
    maps = functional.conv2d(images, weight.permute(0, 3, 1, 2), bias, stride)
    return maps.relu() if rectify else maps


def both(inputs, stride, rectify):
    """Results and gradients of the two, for the same random gradient."""
    found = []
    for function in (
        lambda: convolution(*inputs, stride, rectify=rectify),
        lambda: reference(inputs, stride, rectify),
    ):
        maps = function()
        grad = torch.randn(maps.shape, dtype=maps.dtype, generator=torch.Generator().manual_seed(1))
        found.append([maps, *torch.autograd.grad(maps, inputs, grad)])
    return zip(*found, strict=True)


@SHAPES
@pytest.mark.parametrize("rectify", [False, True])
@pytest.mark.parametrize("way", WAYS)
def test_results_and_gradients_are_torchs(monkeypatch, way, rectify, images, filters, kernel, stride):
    choose(monkeypatch, way)
    for found, expected in both(case(images, filters, kernel), stride, rectify):
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


@SHAPES
@pytest.mark.parametrize("rectify", [False, True])
def test_blocks_give_the_same(monkeypatch, rectify, images, filters, kernel, stride):
    choose(monkeypatch, "patches")
    monkeypatch.setattr(patches, "_BLOCK_BYTES", 4000)
    monkeypatch.setattr(patches, "_ROW_BLOCK_BYTES", 4000)
    for found, expected in both(case(images, filters, kernel), stride, rectify):
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


@SHAPES
@pytest.mark.parametrize("rectify", [False, True])
@pytest.mark.parametrize("way", WAYS)
def test_autocast_computes_in_bfloat16_and_keeps_gradients_in_float32(
    monkeypatch, way, rectify, images, filters, kernel, stride
):
    choose(monkeypatch, way)
    inputs = case(images, filters, kernel, torch.float32)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        maps = convolution(*inputs, stride, rectify=rectify)
    assert maps.dtype == torch.bfloat16
    expected = reference(inputs, stride, rectify)
    grad = torch.randn(maps.shape, generator=torch.Generator().manual_seed(1))
    found = torch.autograd.grad(maps, inputs, grad.bfloat16())
    assert (maps - expected).norm() < 0.01 * expected.norm()
    for half, single in zip(found, torch.autograd.grad(expected, inputs, grad), strict=True):
        assert half.dtype == torch.float32
        assert (half - single).norm() < 0.05 * single.norm()


@pytest.mark.parametrize("fast_float32", [True, False])
def test_the_choice_follows_size_and_type(monkeypatch, fast_float32):
    ways = []
    original = functional.conv2d
    monkeypatch.setattr(module, "has_fast_float32", lambda: fast_float32)
    monkeypatch.setattr(functional, "conv2d", lambda *a: ways.append("torch") or original(*a))
    weight, bias = torch.randn(4, 3, 3, 64), torch.randn(4)

    def way(batch, dtype):
        ways.clear()
        convolution(torch.randn(batch, 64, 9, 9, dtype=dtype), weight.to(dtype), bias.to(dtype), (2, 2))
        return ways or ["patches"]

    assert way(1, torch.float32) == ["patches"]
    assert way(32, torch.float32) == (["patches"] if fast_float32 else ["torch"])
    assert way(32, torch.bfloat16) == ["patches"]


def test_results_are_channels_last_and_inputs_may_be_anything():
    images, weight, bias = case((2, 3, 9, 9), 4, (3, 3))
    plain = convolution(images, weight, bias, (1, 1))
    assert plain.is_contiguous(memory_format=torch.channels_last)
    strided = images.detach().permute(3, 2, 1, 0).contiguous().permute(3, 2, 1, 0)
    assert torch.equal(convolution(strided, weight, bias, (1, 1)), plain)
    window = functional.pad(images.detach(), (1, 2, 3, 4))[:, :, 3:-4, 1:-2]
    assert torch.equal(convolution(window, weight, bias, (1, 1)), plain)


def test_gradients_may_come_in_any_order():
    images, weight, bias = case((2, 3, 9, 9), 4, (3, 3))
    convolution(images, weight, bias, (2, 2)).sum().backward()  # an expanded gradient
    expected = torch.autograd.grad(
        reference((images, weight, bias), (2, 2), False).sum(), (images, weight, bias)
    )
    for tensor, gradient in zip((images, weight, bias), expected, strict=True):
        torch.testing.assert_close(tensor.grad, gradient)


def test_compute_dtype_is_autocasts_where_it_is_on():
    weight = torch.zeros(1)
    assert compute_dtype(weight) == torch.float32
    assert compute_dtype(weight.double()) == torch.float64
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert compute_dtype(weight) == torch.bfloat16
        with torch.autocast("cpu", enabled=False):
            assert compute_dtype(weight) == torch.float32
