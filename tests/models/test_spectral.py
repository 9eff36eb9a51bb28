import threading
from contextlib import nullcontext

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from paretocaps.domain.tuning import ConvolutionShape, Tuning
from paretocaps.models import spectral as module
from paretocaps.models.spectral import Spectral, needs_less
from paretocaps.models.tuned import using

SMALL = ConvolutionShape(3, 20, 17, 4, 9, 5, 2, 1)
PRIMARY = ConvolutionShape(64, 20, 20, 32, 9, 9, 2, 2)
FEW_DRAWS = settings(max_examples=15)


@st.composite
def shapes(draw):
    """Convolutions of any kernel, stride and size, some with more rows or columns than the kernel reads."""
    (height, kernel_height, down), (width, kernel_width, across) = (
        (kernel + draw(st.integers(0, 24)), kernel, draw(st.integers(1, 4)))
        for kernel in (draw(st.integers(1, 11)), draw(st.integers(1, 11)))
    )
    channels, filters = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    return ConvolutionShape(channels, height, width, filters, kernel_height, kernel_width, down, across)


def case(shape, images=3):
    """Images that a ReLU returned, filters and bias, in float64."""
    generator = torch.Generator().manual_seed(0)
    sizes = (
        (images, shape.height, shape.width, shape.channels),
        (shape.filters, shape.kernel_height, shape.kernel_width, shape.channels),
        (shape.filters,),
    )
    maps, weight, bias = (torch.randn(*size, dtype=torch.float64, generator=generator) for size in sizes)
    return maps.relu(), weight, bias


def exact(shape, images, weight, bias):
    """Outputs, a gradient of them, and the gradients of images and weight, by torch's convolution."""
    images, weight = images.clone().requires_grad_(), weight.clone().requires_grad_()
    maps = functional.conv2d(
        images.permute(0, 3, 1, 2), weight.permute(0, 3, 1, 2), bias, (shape.down, shape.across)
    ).permute(0, 2, 3, 1)
    grad = torch.randn(maps.shape, dtype=maps.dtype, generator=torch.Generator().manual_seed(1))
    return maps.detach(), grad, *torch.autograd.grad(maps, (images, weight), grad)


def found(shape, grad, images, weight, bias):
    products = Spectral(shape, images.dtype)
    return (
        products.outputs(images, weight, bias),
        products.image_gradient(grad, weight),
        products.filter_gradient(grad, images),
    )


def errors(shape, dtype, images=3):
    """The relative errors of the three products, computed in `dtype`, in the Frobenius norm."""
    inputs = case(shape, images)
    maps, grad, *gradients = exact(shape, *inputs)
    ours = found(shape, *(x.to(dtype) for x in (grad, *inputs)))
    return [float((x - y).norm() / y.norm()) for x, y in zip(ours, (maps, *gradients), strict=True)]


@FEW_DRAWS
@given(shape=shapes())
def test_the_products_of_any_convolution_are_torchs(shape):
    assert max(errors(shape, torch.float64)) < 1e-13
    assert max(errors(shape, torch.float32)) < 2e-6


def test_the_primary_convolution_is_exact_to_float32():
    assert max(errors(PRIMARY, torch.float32)) < 2e-6


def test_blocks_of_images_and_channels_give_the_same(monkeypatch):
    monkeypatch.setattr(module, "_TILES", 2)
    monkeypatch.setattr(module, "_FILTERS", 8)
    assert max(errors(SMALL, torch.float64, 5)) < 1e-13


def test_equal_tensors_give_equal_bits():
    inputs = [x.float() for x in case(SMALL)]
    grad = exact(SMALL, *case(SMALL))[1].float()
    for one, other in zip(found(SMALL, grad, *inputs), found(SMALL, grad, *inputs), strict=True):
        assert torch.equal(one, other)


@pytest.fixture
def two_threads():
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(1)


@pytest.mark.parametrize("context", [nullcontext, torch.inference_mode])
@pytest.mark.parametrize("products", ["torch", "onednn"])
def test_threads_share_the_frequencies_out(two_threads, monkeypatch, context, products):
    used = set()
    one = Spectral._transform_back
    monkeypatch.setattr(
        Spectral, "_transform_back", lambda *given: (used.add(threading.get_ident()), one(*given))
    )
    with context(), using(Tuning(products=products)):
        images, weight, bias = (x.float() for x in case(PRIMARY, 8))
        ours = Spectral(PRIMARY, torch.float32).outputs(images, weight, bias)
    expected = exact(PRIMARY, *case(PRIMARY, 8))[0]
    assert float((ours - expected).norm() / expected.norm()) < 2e-6
    assert used
    assert threading.get_ident() not in used


def test_all_products_are_the_same_whatever_thread_computes_a_frequency(two_threads):
    assert max(errors(PRIMARY, torch.float64, 8)) < 1e-13
    assert max(errors(SMALL, torch.float64, 5)) < 1e-13


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_computed_in_float32(dtype):
    inputs = [x.to(dtype) for x in case(SMALL)]
    grad = exact(SMALL, *case(SMALL))[1].to(dtype)
    half, single = found(SMALL, grad, *inputs), found(SMALL, grad.float(), *(x.float() for x in inputs))
    assert all(torch.equal(x, y) for x, y in zip(half, single, strict=True))


def test_products_are_computed_by_the_library_of_the_tuning():
    with using(Tuning(products="onednn")):
        assert max(errors(PRIMARY, torch.float32)) < 2e-6


def test_memory_for_blocks_is_allocated_once_and_does_not_grow_with_the_images():
    products, bytes_ = Spectral(SMALL, torch.float32), []
    weight, bias = (x.float() for x in case(SMALL)[1:])
    for images in (200, 200, 400):
        products.outputs(torch.zeros(images, SMALL.height, SMALL.width, SMALL.channels), weight, bias)
        bytes_.append(sum(x.nbytes for x in products._memory.values()))
    assert bytes_[0] == bytes_[1] == bytes_[2]


@pytest.mark.parametrize(
    ("shape", "images", "less"),
    [
        (ConvolutionShape(256, 20, 20, 256, 9, 9, 2, 2), 4, True),
        (ConvolutionShape(256, 20, 20, 256, 9, 9, 2, 2), 1, False),
        (ConvolutionShape(256, 40, 40, 256, 5, 5, 1, 1), 4, True),
        (ConvolutionShape(1, 28, 28, 256, 9, 9, 1, 1), 128, False),
        (ConvolutionShape(256, 6, 6, 256, 3, 3, 2, 2), 128, False),
        (ConvolutionShape(256, 9, 9, 256, 1, 1, 1, 1), 128, False),
    ],
)
def test_large_filters_of_many_channels_need_fewer_multiplications(shape, images, less):
    assert needs_less(shape, images) == less


@pytest.mark.parametrize("images", [1, 70])
def test_multiplications_are_those_of_the_matrix_products(images):
    inputs, weight, bias = (x.float() for x in case(SMALL, images))
    products = Spectral(SMALL, torch.float32)
    with FlopCounterMode(display=False) as counter:
        products.outputs(inputs, weight, bias)
    assert counter.get_total_flops() == 2 * products.multiplications(images)
