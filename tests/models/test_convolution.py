import pytest
import torch
from torch.nn import functional

from paretocaps.domain.tuning import ConvolutionShape, ConvolutionTuning, Tuning
from paretocaps.models import patches
from paretocaps.models.convolution import compute_dtype, convolution, shape_of
from paretocaps.models.tuned import using

SHAPES = pytest.mark.parametrize(
    ("images", "filters", "kernel", "stride"),
    [
        ((3, 1, 12, 9), 4, (5, 3), (1, 1)),
        ((2, 3, 11, 14), 5, (3, 5), (2, 1)),
        ((1, 40, 9, 8), 6, (3, 3), (2, 2)),
        ((7, 30, 9, 9), 3, (3, 3), (2, 2)),
    ],
)
FORMS = pytest.mark.parametrize("form", ["patches", "onednn", "torch", "spectral"])


def in_form(form, inputs, stride):
    """The context in which all three products of a convolution are computed in one form."""
    forms = dict.fromkeys(("outputs", "image_gradient", "filter_gradient"), form)
    shape = shape_of(inputs[0], inputs[1], stride)
    return using(Tuning(convolutions=(ConvolutionTuning(shape=shape, **forms),)))


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
@FORMS
def test_results_and_gradients_are_torchs(form, rectify, images, filters, kernel, stride):
    inputs = case(images, filters, kernel)
    with in_form(form, inputs, stride):
        pairs = list(both(inputs, stride, rectify))
    for found, expected in pairs:
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


@SHAPES
@pytest.mark.parametrize("rectify", [False, True])
def test_blocks_give_the_same(monkeypatch, rectify, images, filters, kernel, stride):
    monkeypatch.setattr(patches, "_NARROW", 0)
    monkeypatch.setattr(patches, "_BLOCK_BYTES", 4000)
    monkeypatch.setattr(patches, "_ROW_BLOCK_BYTES", 4000)
    for found, expected in both(case(images, filters, kernel), stride, rectify):
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


@SHAPES
@pytest.mark.parametrize("rectify", [False, True])
@FORMS
def test_autocast_computes_in_bfloat16_and_keeps_gradients_in_float32(
    form, rectify, images, filters, kernel, stride
):
    inputs = case(images, filters, kernel, torch.float32)
    with in_form(form, inputs, stride), torch.autocast("cpu", dtype=torch.bfloat16):
        maps = convolution(*inputs, stride, rectify=rectify)
    assert maps.dtype == torch.bfloat16
    expected = reference(inputs, stride, rectify)
    grad = torch.randn(maps.shape, generator=torch.Generator().manual_seed(1))
    found = torch.autograd.grad(maps, inputs, grad.bfloat16())
    assert (maps - expected).norm() < 0.01 * expected.norm()
    for half, single in zip(found, torch.autograd.grad(expected, inputs, grad), strict=True):
        assert half.dtype == torch.float32
        assert (half - single).norm() < 0.05 * single.norm()


def test_each_product_has_the_form_that_the_tuning_names_even_where_it_no_longer_is_in_force(monkeypatch):
    inputs = case((2, 3, 9, 9), 4, (3, 3))
    shape = ConvolutionShape(3, 9, 9, 4, 3, 3, 1, 1)
    assert shape_of(*inputs[:2], (1, 1)) == shape
    called = []
    forward, backward = functional.conv2d, torch.ops.aten.convolution_backward
    monkeypatch.setattr(functional, "conv2d", lambda *a: called.append("outputs") or forward(*a))
    monkeypatch.setattr(
        torch.ops.aten, "convolution_backward", lambda *a: called.append(a[-1]) or backward(*a)
    )
    for name, calls in [
        ("outputs", ["outputs"]),
        ("image_gradient", [[True, False, False]]),
        ("filter_gradient", [[False, True, False]]),
    ]:
        with using(Tuning(convolutions=(ConvolutionTuning(shape=shape, **{name: "torch"}),))):
            maps = convolution(*inputs, (1, 1))
        maps.sum().backward()
        assert called == calls
        called.clear()


def test_what_needs_no_gradient_has_none():
    images, weight, bias = case((2, 3, 9, 9), 4, (3, 3))
    maps = convolution(images, weight.detach(), bias.detach(), (1, 1), rectify=True)
    (found,) = torch.autograd.grad(maps.sum(), [images])
    (expected,) = torch.autograd.grad(reference((images, weight, bias), (1, 1), True).sum(), [images])
    torch.testing.assert_close(found, expected)


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
